policy { name = "p" }
window { sum = "charge_usd", count = true, over = "1h" }
window { over = "1h" }
window { count = true, over = "month", offset = "1d" }
window { count = true, over = "1h", name = "x" }
local w = window { count = true, over = "1h" }
rule("R", { over = w, above = 1, below = 2 }, function() end)
rule("S", { over = w, steps = { { 2, "a" } }, severity = "b" }, function() end)
budget("b", { over = "month", by = { "team", "tenant" }, groups = { "x" } }, function() end)
counter("c_total", {}, function() end)
