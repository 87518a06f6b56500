policy { name = "p" }
local text = "no end
