policy { name = "p" }
histogram("cost_total", { help = "h" }, function(ev) return ev.charge_usd end)
histogram("cost_usd", { help = "h", buckets = { 1, 0.5 }, label = {} }, function(ev) return ev.chrge_usd end)
local hour = window { max = "charge_usd", by = { "team" }, over = "1h" }
local users = window { distinct = "input_tokens", over = "1h" }
gauge("largest_usd", { help = "h", over = hour }, function(group) return group.tenant end)
gauge("largest_usd", { help = "h", over = hour }, function(group) return "x" end)
budget("b", { over = "month", burn = { { "1h", 14.4 } }, forecast = -1 }, function() return 500 end)
