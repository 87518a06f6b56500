policy { name = "p" }
derive("teem", {}, function() end)
derive({ "team", "region", "team" }, {}, function() end)
derive("hashed_api_key", {}, function() end)
derive({}, {}, function() end)
local hour = window { sum = "charge_usd", over = "1h", by = { "team", "workflow", "input_tokens" } }
local day = window { sum = "charge_usd", over = "24h", by = { "team" } }
rule("R", { over = hour, above = 1 }, function(group)
  return day:get { team = group.team, tenant = "x" }
end)
