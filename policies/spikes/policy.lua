policy {
  name = "spikes", version = "1",
  settings = { factor = 3, floor_usd = 5 }, -- times the usual; dollars an hour that are never a spike's base
}

for _, label in ipairs { "team", "workflow_id" } do
  local hour      = window { sum = "charge_usd", by = { label }, over = "1h" }
  local day       = window { sum = "charge_usd", by = { label }, over = "24h", offset = "1h" }
  local last_week = window { sum = "charge_usd", by = { label }, over = "1h", offset = "7d" }

  -- A newcomer has no usual spend: the floor stands in for it.
  rule("LLMCostSpike", {
    over = hour, above = settings.factor, hold = "10m", severity = "critical",
    labels = { dimension = label },
    annotations = { summary = "Spend of " .. label .. " {{" .. label .. "}}: the last hour is {{value}} times the usual." },
  }, function(group)
    return group.value / math.max(day:per("1h", group) or 0, last_week:get(group), settings.floor_usd)
  end)
end
