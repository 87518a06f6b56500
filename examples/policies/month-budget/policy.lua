policy {
  name = "month-budget", version = "1",
  data = { "acme_budgets" }, -- team: USD a month
}

-- From the 5th, as the provider's invoice. With `time_zone = "America/New_York"` from its midnight there.
budget("acme-team-month", {
  by = { "team" }, over = "month", start_day = 5, groups = data.acme_budgets, alert = "AcmeBudget",
  steps = { { 0.5, "info" }, { 0.8, "warning" }, { 1, "critical" } },
  burn = { { "1h", "5m", 14.4, "critical" }, { "6h", "30m", 6, "warning" } },
  forecast = { 1.1, "info" },
  labels = { topic = "budget" }, -- of all three alerts: what receivers pick them by
}, function(group)
  return data.acme_budgets[group.team]
end)
