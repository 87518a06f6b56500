policy { name = "p" }
local a = "[31mred" .. undefined
rule("[2J", {}, function() end)
