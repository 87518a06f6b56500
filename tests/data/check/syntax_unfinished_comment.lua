policy { name = "p" } --[[ never
ends
