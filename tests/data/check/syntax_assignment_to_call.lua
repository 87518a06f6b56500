policy { name = "p" }
tostring(1) = 2
