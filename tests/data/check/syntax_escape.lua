policy { name = "p" }
local path = "C:\data\x1g"
