policy { name = "p" }
local a = window { sum = "charge_usd", over = "1hour" }
local b = window { sum = "charge_usd", over = "1m" }
local c = window { sum = "charge_usd", over = "32d", offset = "2 d" }
local d = window { sum = "charge_usd", over = "weekly" }
local e = window { sum = "charge_usd", over = "1h" }
rule("R", { over = e, hold = "soon", keep = "40d" }, function() end)
