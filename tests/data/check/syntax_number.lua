policy { name = "p" }
local limit = 10usd
