policy {
  name = "coverage", version = "3",
  settings = {
    labels = "team tenant workflow_id", -- separated by spaces
    below = 0.95, -- of the last hour's spend
    floor_usd = 1, -- an hour of less spend wakes nobody
  },
}

local all = window { sum = "charge_usd", over = "1h" }

for label in settings.labels:gmatch("%S+") do
  local known = window { sum = "charge_usd", over = "1h", where = { [label] = true } }
  local missing = window { sum = "charge_usd", by = { "source", "key_alias" }, over = "1h", where = { [label] = false } }

  rule("LLMAttributionCoverageLow", {
    over = all, below = settings.below, clear = math.min(settings.below + 0.01, 1), min = settings.floor_usd, hold = "10m",
    severity = "warning",
    labels = { label = label },
    annotations = function()
      local worst = missing:top(1)[1]
      return {
        summary = "Part of the spend carries no " .. label .. ". Look for a key, a tag or a gateway that is new.",
        worst = worst and ("%s, key %s: $%.2f of the last hour"):format(
          worst.source or "no source", worst.key_alias or "without a name", worst.value) or nil,
      }
    end,
  }, function(group)
    return group.value > 0 and known:get(group) / group.value
  end)
end
