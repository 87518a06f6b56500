policy { name = "p" }
local text = [=x
