policy { name = "p" }
local w = window { count = true, over = "1h" }
rule("1R", { over = w }, function() end)
rule("Ärger", { over = w, labels = { severity = "x", ["a-b"] = "y" } }, function() end)
counter("retries", { help = "h" }, function() end)
counter("llm_x_total", { help = "h", labels = { "le", "a", "a" } }, function() end)
rule("R", { over = w, labels = { policy = "x" } }, function() end)
budget("B", { over = "month", labels = { window = "x" } }, function() end)
