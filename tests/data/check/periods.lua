policy { name = "p" }
budget("a", { over = "month", start_day = 31 }, function() return 1 end)
budget("b", { over = "week", start_day = "funday" }, function() return 1 end)
budget("c", { over = "day", start_day = 1 }, function() return 1 end)
budget("d", { over = "30d", time_zone = "UTC" }, function() return 1 end)
budget("e", { over = "month", time_zone = "Berlin" }, function() return 1 end)
budget("f", { over = "month", time_zone = "../etc/passwd" }, function() return 1 end)
budget("g", { over = "1h", burn = true }, function() return 1 end)
budget("h", { over = "week", start_day = "sunday", time_zone = "America/New_York", burn = true, burn_min = 5 }, function() return 1 end)
