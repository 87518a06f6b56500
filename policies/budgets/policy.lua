policy {
  name = "budgets", version = "1",
  data = { "budgets", "tenant_budgets" }, -- team: USD a month; tenant: USD a month
}

local function monthly(name, label, limits)
  budget(name, {
    by = { label }, over = "month", groups = limits, alert = "LLMBudgetThreshold",
    steps = { { 0.5, "info" }, { 0.8, "warning" }, { 1.0, "critical" } },
  }, function(group)
    return group[label] and limits[group[label]]
  end)
end

monthly("team-month", "team", data.budgets)
monthly("tenant-month", "tenant", data.tenant_budgets)
