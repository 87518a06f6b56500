-- Takes all that it may: 200,000 instructions an event, 50,000 a group and tick.
policy { name = "burn" }

for _, label in ipairs { "tenant", "workflow_id", "agent", "org" } do
  derive(label, {}, function(ev) for i = 1, 49000 do end end)
end

local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }

rule("Burning", { over = hour, above = 1e9 }, function(group)
  for i = 1, 49000 do end
  return group.value
end)
