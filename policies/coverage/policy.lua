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

  local missing = window { sum = "charge_usd", by = { "source", "key_alias" }, over = "1h", where = { [label] = false } }

  rule("LLMAttributionCoverageLow", {
    over = all, below = settings.below, clear = math.min(settings.below + 0.01, 1), min = settings.floor_usd, hold = "10m",
    severity = "warning",
    labels = { label = label },
    annotations = function(group, share)
      local part = missing:top(1)[1] or { value = 0 }
      return { summary = ("%.0f%% of the spend of an hour carries no %s. The largest part, $%.2f, is key %s of %s."):format(
        100 * (1 - share), label, part.value, part.key_alias or "(none)", part.source or "(none)") }
    end,
  }, function(group)
    return group.value > 0 and known:get(group) / group.value
  end)
end
