policy { name = "same" }
local x = = 1
