policy {
  name = "coverage", version = "2",
  settings = {
    labels = "team tenant workflow_id", -- separated by spaces
    below = 0.95, -- of the last hour's spend
    floor_usd = 1, -- an hour of less spend wakes nobody
  },
}

local all = window { sum = "charge_usd", over = "1h" }

for label in settings.labels:gmatch("%S+") do
  local known = window { sum = "charge_usd", over = "1h", where = { [label] = true } }


  rule("LLMAttributionCoverageLow", {
    over = all, below = settings.below, clear = math.min(settings.below + 0.01, 1), min = settings.floor_usd, hold = "10m",
    severity = "warning",
    labels = { label = label },
    annotations = { summary = "Part of the spend carries no " .. label .. ". Look for a key, a tag or a gateway that is new." },
  }, function(group)
    return group.value > 0 and known:get(group) / group.value
  end)
end
