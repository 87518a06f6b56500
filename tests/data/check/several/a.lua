policy { name = "same" }
derive("teem", {}, function() end)
