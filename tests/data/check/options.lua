policy { name = "p", ownr = "me" }
derive("team", { need = { "key_alias" } }, function() end)
classify({ "a" }, { defaults = "a" }, function() end)
price({ off = "billed" }, function() end)
counter("c_total", { help = "h", label = { "team" } }, function() end)
local hour = window { sum = "charge_usd", over = "1h", bye = { "team" } }
rule("R", { over = hour, threshold = 1 }, function() end)
budget("b", { over = "month", step = {} }, function() end)

local function never_run()
  rule("S", { over = hour, abov = 1, hold = "10 minutes" }, function() end)
end
