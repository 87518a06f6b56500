policy { name = "p" }
local größe = 1
local x = "größe" .. unbekannt_ä
