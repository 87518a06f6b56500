policy {
  name = "coverage", version = "1",
  settings = { labels = "team tenant workflow_id", below = 0.95 },
}

local all = window { sum = "charge_usd", over = "1h" }

for label in settings.labels:gmatch("%S+") do
  local known = window { sum = "charge_usd", over = "1h", where = { [label] = true } }

  rule("LLMAttributionCoverageLow", {
    over = all, below = settings.below, hold = "10m", severity = "warning",
    labels = { label = label },
    annotations = { summary = "Part of the spend carries no " .. label .. "." },
  }, function(group)
    return group.value > 0 and known:get(group) / group.value
  end)
end
