local function spend(t, usd)
  t:send { team = "search", charge_usd = usd }
  t:tick()
end

test("each step of a budget alerts once, in order", function(t)
  t:data { budgets = { search = 100 } }
  spend(t, 49)
  t:no_alert()
  spend(t, 1)
  t:alert("LLMBudgetThreshold", { team = "search" }, "info")
  t:no_alert("LLMBudgetThreshold", {}, "warning")
  spend(t, 30)
  t:alert("LLMBudgetThreshold", { team = "search" }, "warning")
  spend(t, 20)
  local alert = t:alert("LLMBudgetThreshold", { team = "search" }, "critical")
  t:eq(alert.value, 1)
  t:eq(alert.annotations.spent, "100")
end)

test("a new month begins at nothing", function(t)
  t:data { budgets = { search = 100 } }
  spend(t, 60)
  t:alert("LLMBudgetThreshold", { team = "search" }, "info")
  t:advance("2026-07-01T00:01:00Z")
  t:resolved("LLMBudgetThreshold", { team = "search" })
end)

test("tenants have budgets of their own", function(t)
  t:data { tenant_budgets = { acme = 10 } }
  t:send { tenant = "acme", team = "search", charge_usd = 9 }
  t:tick()
  t:alert("LLMBudgetThreshold", { tenant = "acme" }, "info")
  t:alert("LLMBudgetThreshold", { tenant = "acme" }, "warning")
  t:no_alert("LLMBudgetThreshold", { tenant = "acme" }, "critical")
end)

test("a limit of 0 is used up by the first cent", function(t)
  t:data { budgets = { search = 0 } }
  t:tick()
  t:no_alert()
  spend(t, 0.01)
  for _, severity in ipairs { "info", "warning", "critical" } do
    t:eq(t:alert("LLMBudgetThreshold", { team = "search" }, severity).value, 1)
  end
end)

test("who has no budget is left alone", function(t)
  t:data { budgets = { search = 100 } }
  t:send { team = "ml", charge_usd = 5000 }
  t:advance("1h")
  t:no_alert()
end)

-- 720 USD in June are one an hour.
local function hourly(t, total, usd)
  t:every("1h", total, { team = "search", charge_usd = usd })
end

test("where a forecast is wanted, a month that is going to end above its limit is told, until it is not any more", function(t)
  t:settings { forecast = 1 }
  t:data { budgets = { search = 720 } }
  hourly(t, "5d", 0.9)
  t:no_alert()
  hourly(t, "3d", 2)
  local alert = t:alert("LLMBudgetThresholdForecast", { team = "search" }, "warning")
  t:ok(alert.value > 1 and tonumber(alert.annotations.forecast) > 720)
  hourly(t, "10d", 0.4)
  t:resolved("LLMBudgetThresholdForecast", { team = "search" })
end)

test("forecast and burn are not told unasked", function(t)
  t:data { budgets = { search = 720 } }
  hourly(t, "4d", 2.5)
  t:no_alert()
end)

test("where burning is told, an hour of 5% of the month is too much, and a job of a day's share is not", function(t)
  t:settings { burn = true }
  t:data { budgets = { search = 720 } }
  for _ = 1, 3 do
    t:every("5m", "1h", { team = "search", charge_usd = 2 })
    t:advance("23h")
  end
  t:no_alert()
  t:every("1m", "59m", { team = "search", charge_usd = 0.8 })
  t:alert("LLMBudgetThresholdBurn", { team = "search", window = "1h" }, "critical")
  t:no_alert("LLMBudgetThresholdBurn", { window = "6h" })
  t:every("5m", "1h", { team = "search", charge_usd = 0.1 })
  t:resolved("LLMBudgetThresholdBurn", { window = "1h" })
end)

test("as are six hours of 7.5%", function(t)
  t:settings { burn = true }
  t:data { tenant_budgets = { acme = 720 } }
  t:every("5m", "6h", { tenant = "acme", charge_usd = 1 }) -- 12 an hour: 1.7%
  local alert = t:alert("LLMBudgetThresholdBurn", { tenant = "acme", window = "6h" }, "warning")
  t:ok(alert.value > 9)
  t:no_alert("LLMBudgetThresholdBurn", { window = "1h" })
  t:every("5m", "1h", { tenant = "acme", charge_usd = 0.1 })
  t:resolved("LLMBudgetThresholdBurn", { window = "6h" })
end)
