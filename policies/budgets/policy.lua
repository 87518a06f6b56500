policy {
  name = "budgets", version = "3",
  data = { "budgets", "tenant_budgets" }, -- team: USD a month; tenant: USD a month
  settings = {
    forecast = 0, -- 1: also told when the month is going to end above the limit; 1.2: 20% above it
    burn = false, -- true: also told when an hour, or six, use up far more than their part
  },
}

local function monthly(name, label, limits)
  budget(name, {
    by = { label }, over = "month", groups = limits, alert = "LLMBudgetThreshold",
    steps = { { 0.5, "info" }, { 0.8, "warning" }, { 1.0, "critical" } },
    forecast = settings.forecast > 0 and { settings.forecast, "warning" },
    burn = settings.burn,
  }, function(group)
    return group[label] and limits[group[label]]
  end)
end

monthly("team-month", "team", data.budgets)
monthly("tenant-month", "tenant", data.tenant_budgets)
