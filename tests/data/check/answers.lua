policy { name = "p" }
derive("team", {}, function(ev) return ev.retry_depth > 0 end)
derive({ "team", "tenant" }, {}, function() return "search" end)
derive("tenant", {}, function() return { tenant = "acme" } end)
classify({ "a" }, {}, function(ev) return ev.retry_depth end)
price({}, function(ev) return ev.ai_system end)
counter("c_total", { help = "h" }, function() return true end)

local hour = window { sum = "charge_usd", over = "1h" }
rule("WithBound", { over = hour, above = 1 }, function(group) return group.value > 3 end)
rule("WithoutBound", { over = hour }, function(group) return group.value end)
rule("Steps", { over = hour, steps = { { 1, "info" } } }, function(group) return not group.value end)
budget("b", { over = "month" }, function() return "500" end)
