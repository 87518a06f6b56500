policy { name = "p" }
local f = tostring
(f or type)(1)
