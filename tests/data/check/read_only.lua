policy { name = "p", data = { "teams" } }
data.teams.search = 1

derive("team", {}, function(ev)
  ev.team = "search"
  ev["tenant"] = "acme"
end)

local hour = window { sum = "charge_usd", over = "1h", by = { "team" } }
rule("R", { over = hour, above = 1 }, function(group)
  group.value = 0
  hour.limit = 3
  return group.value
end)
