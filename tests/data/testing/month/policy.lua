policy { name = "month" }

budget("team-month", {
  by = { "team" }, over = "month", alert = "Budget", steps = { { 1, "critical" } }, labels = { desk = "finance" },
  burn = { { "1h", "5m", 14.4, "critical" } }, forecast = { 1.5, "info" },
}, function() return 300 end)

histogram("month_call_usd", { help = "h", labels = { "team" }, buckets = { 0.5, 2 } }, function(ev)
  return ev.charge_usd, ev.team
end)
