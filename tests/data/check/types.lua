policy { name = 7 }
derive("team", { needs = "key_alias", override = 1 }, function() end)
derive("team", {}, "search")
price({ of = "cost" }, function() end)
rule("R", { over = 5, above = "1", steps = { 1, { "a", 2 } } }, function() end)
