policy {
  name = "budgets", version = "2",
  data = { "budgets", "tenant_budgets" }, -- team: USD a month; tenant: USD a month
  settings = {
    forecast = 0, -- 1: also told when the month is going to end above the limit; 1.2: 20% above it
    burn = false, -- true: also told when an hour, or six, use up far more than their part
  },
}

-- 5% of a month in an hour, or 7.5% in six. A nightly job may well spend a day's share, 3.3%, in an hour.
local burn = { { "1h", "5m", 36, "critical" }, { "6h", "30m", 9, "warning" } }

local function monthly(name, label, limits)
  budget(name, {
    by = { label }, over = "month", groups = limits, alert = "LLMBudgetThreshold",
    steps = { { 0.5, "info" }, { 0.8, "warning" }, { 1.0, "critical" } },
    forecast = settings.forecast > 0 and { settings.forecast, "warning" },
    burn = settings.burn and burn or {},
  }, function(group)
    return group[label] and limits[group[label]]
  end)
end

monthly("team-month", "team", data.budgets)
monthly("tenant-month", "tenant", data.tenant_budgets)
