policy { name = "p" }
local text = [==[
one
two ]=]
