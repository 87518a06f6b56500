policy { name = "p" }
local x = undefined