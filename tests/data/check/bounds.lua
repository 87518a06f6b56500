policy { name = "p" }
local hour = window { sum = "charge_usd", over = "1h", by = { "team" } }
local function value(group) return group.value end

rule("A", { over = hour, below = 0.5, min = 1 }, function(group) return group.value end)
rule("B", { over = hour, below = 0 }, value)
rule("C", { over = hour, above = -1 }, value)
rule("D", { over = hour, above = 1, clear = 2 }, value)
rule("E", { over = hour, clear = 2 }, function() return true end)
rule("F", { over = hour, steps = { { 2, "a" }, { 1, "b" } } }, value)
rule("G", { over = hour, above = 1 / 0 }, value)
budget("b", { over = "month", steps = { { 50, "info" }, { 80, "warning" } } }, function() return 500 end)
