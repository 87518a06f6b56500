policy { name = "p" }
derive({ "team", "tenant" }, {}, function(ev) return { team = ev.class, tenant = ev.charge_usd } end)
price({ needs = { "class" } }, function(ev) return ev.charge_usd, ev.class end)
