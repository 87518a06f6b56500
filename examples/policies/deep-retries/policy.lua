policy {
  name = "deep-retries", version = "1",
  settings = { depth = 3, share = 0.25, min_usd = 5 }, -- of a workflow's half hour; below min_usd nobody is told
}

local function is_deep(ev) return ev.retry_depth >= settings.depth end

local spend = window { sum = "charge_usd", by = { "workflow_id" }, over = "30m", where = { workflow_id = true } }
local deep = window {
  sum = "charge_usd", by = { "workflow_id" }, over = "30m", where = is_deep, name = "deep_retries",
}
-- The same by what may be behind it: only the annotations read it.
local causes = window {
  sum = "charge_usd", by = { "workflow_id", "error_class" }, over = "30m",
  where = is_deep, name = "deep_retries_by_cause",
}

rule("AcmeDeepRetries", {
  over = spend, above = settings.share, clear = settings.share / 2, min = settings.min_usd, hold = "5m",
  severity = "critical",
  annotations = function(group, value)
    local lines = {}
    for i, row in ipairs(causes:top(3, group)) do
      lines[i] = ("%.2f USD: %s"):format(row.value, row.error_class or "no error")
    end
    return {
      summary = ("{{workflow_id}}: %.0f%% of its spend are retries of depth %d or more"):format(100 * value, settings.depth),
      causes = table.concat(lines, "\n"),
    }
  end,
}, function(group)
  return group.value > 0 and deep:get(group) / group.value
end)
