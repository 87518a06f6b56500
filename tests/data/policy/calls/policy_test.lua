test("distinct counts a user once, max keeps the dearest call, for an hour", function(t)
  t:send { team = "a", end_user = "x", charge_usd = 3 }
  t:send { team = "a", end_user = "x", charge_usd = 1 }
  t:send { team = "a", end_user = "y", charge_usd = 2 }
  t:tick()
  t:eq(t:gauge("acme_usd_per_user", { team = "a" }), 3)
  t:advance("30m")
  t:send { team = "a", end_user = "z", charge_usd = 6 }
  t:tick()
  t:eq(t:gauge("acme_usd_per_user", { team = "a" }), 4)
  t:advance("31m")
  t:eq(t:gauge("acme_usd_per_user", { team = "a" }), 6, "the first half hour has left the window")
  t:advance("31m")
  t:eq(t:gauge("acme_usd_per_user", { team = "a" }), nil)
  t:ignore("Dear")
end)

test("a histogram counts in its own buckets", function(t)
  for _, usd in ipairs { 0.05, 0.1, 0.5, 20 } do t:send { team = "a", charge_usd = usd } end
  local seen = t:histogram("acme_call_usd", { team = "a" })
  t:eq(seen.count, 4)
  t:near(seen.sum, 20.65, 1e-9)
  t:ignore("Dear")
end)

test("annotations come from the function when the alert begins to be pending, and again when it fires", function(t)
  t:send { team = "a", end_user = "x", charge_usd = 7, input_tokens = 10 }
  t:send { team = "a", end_user = "y", charge_usd = 6, input_tokens = 2000 }
  t:tick()
  t:eq(t:pending("Dear", { team = "a" }).annotations.detail, "a: a call of 7.00 USD, of big ones 6.00, by one of 2 users")
  t:send { team = "a", end_user = "z", charge_usd = 0.5 }
  t:advance("6m")
  t:eq(t:alert("Dear", { team = "a" }, "critical").annotations.detail,
    "a: a call of 7.00 USD, of big ones 6.00, by one of 3 users")
  t:advance("1h")
  t:resolved("Dear")
end)

test("a burn rate fires over both windows, scaled to the month, and ends with the short one", function(t)
  t:at("2026-05-01") -- 31 days: 14.4 becomes 14.88
  t:every("1m", "59m", { team = "search", charge_usd = 14.5 / 60 })
  t:tick()
  t:no_alert("BudgetBurn", { window = "1h" })
  t:every("1m", "10m", { team = "search", charge_usd = 1 })
  t:tick()
  local alert = t:alert("BudgetBurn", { team = "search", window = "1h", budget = "team-month" }, "critical")
  t:near(tonumber(alert.annotations.threshold), 14.88, 1e-9)
  t:advance("10m")
  t:resolved("BudgetBurn", { window = "1h" })
  t:ignore("BudgetBurn", { window = "6h" })
end)

test("a budget that is used as planned neither burns nor is forecast to be exceeded", function(t)
  t:at("2026-05-01")
  t:every("1h", "30d", { team = "search", charge_usd = 1 })
  t:no_alert("BudgetBurn")
end)

test("a forecast takes the mean rate of seven days, not before a day was seen", function(t)
  t:at("2026-05-10")
  t:every("1h", "23h", { team = "search", charge_usd = 3 })
  t:eq(t:gauge("llm_budget_forecast_usd", { budget = "team-month", team = "search" }), nil)
  t:no_alert("BudgetForecast")
  t:every("1h", "49h", { team = "search", charge_usd = 3 })
  local alert = t:alert("BudgetForecast", { team = "search" }, "info")
  t:near(tonumber(alert.annotations.forecast), 3 * 24 * 22, 12)
  t:every("1h", "5d", { team = "search", charge_usd = 0.5 })
  t:resolved("BudgetForecast")
end)

test("a rolling budget alerts, and is over when its spend has left the window", function(t)
  t:send { team = "rolling", charge_usd = 4 }
  t:advance("1h")
  t:send { team = "rolling", charge_usd = 4 }
  t:send { team = "rolling", charge_usd = 3 }
  t:tick()
  t:alert("Rolling", { team = "rolling", budget = "team-rolling" }, "warning")
  t:advance("5h")
  t:resolved("Rolling")
end)

test("a budget's period begins on its day, in its time zone", function(t)
  t:advance("2026-06-15T03:00:00Z") -- in New York it is the 14th
  for _ = 1, 25 do t:send { team = "billed", charge_usd = 4 } end
  t:tick()
  local alert = t:alert("Invoice", { team = "billed" })
  t:eq(alert.annotations.period, "2026-05-15T04:00:00.000Z/2026-06-15T04:00:00.000Z")
  t:advance("2026-06-15T04:01:00Z")
  t:resolved("Invoice", { team = "billed" })
  for _ = 1, 24 do t:send { team = "billed", charge_usd = 4 } end
  t:advance("2026-07-14T23:59:00Z")
  t:no_alert("Invoice")
end)

test("burn = true sees a sixth of a week's limit in an hour, and no day at noon", function(t)
  t:every("5m", "3d", function(i) -- three times the mean for a third of the day
    return { team = "weekly", charge_usd = i % 288 < 96 and 3 / 12 or 0 }
  end)
  t:no_alert("WeekBurn")
  t:every("1m", "1h", { team = "weekly", charge_usd = 40 / 60 })
  t:alert("WeekBurn", { team = "weekly" }, "critical")
  t:advance("10m")
  t:resolved("WeekBurn", { team = "weekly" })
end)

test("one dear request is no burn", function(t)
  t:advance("10d")
  t:send { team = "weekly", charge_usd = 100 }
  t:advance("4m")
  t:no_alert("WeekBurn")
end)
