policy { name = "p", data = { "team_by_key" }, settings = { factor = 3, floor = 5 } }

derive("team", { needs = { "key_alias" } }, function(ev)
  return data.teams_by_key[ev.key_alias]
end)

local hour = window { sum = "charge_usd", over = "1h" }
rule("R", { over = hour, above = settings.factr }, function(group)
  return group.value / settings["flor"]
end)
