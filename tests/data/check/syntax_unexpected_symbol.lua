policy { name = "p" }
local limit = = 3
