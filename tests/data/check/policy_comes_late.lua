derive("team", {}, function() return nil end)
policy { name = "p" }
policy { name = "again" }
