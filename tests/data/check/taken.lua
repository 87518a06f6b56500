policy { name = "p", settings = { factor = 1, floor = 2, factor = 3 } }
local w = window { count = true, over = "1h" }
window { name = "w", over = "1h", sum = function() return 1 end }
window { name = "w", over = "2h", sum = function() return 1 end }
rule("R", { over = w }, function() return true end)
rule("R", { over = w }, function() return true end)
rule("R", { over = w, labels = { part = "2" } }, function() return true end)
budget("b", { over = "month" }, function() end)
budget("b", { over = "week" }, function() end)
counter("c_total", { help = "h" }, function() end)
counter("c_total", { help = "h" }, function() end)
classify({ "a", "b", "a" }, { default = "a" }, function() end)
classify({ "c" }, { default = "c" }, function() end)
