local function spend(t, usd)
  t:send { team = "search", charge_usd = usd }
  t:tick()
end

-- So much at once burns, and lasts for no month: that is for the tests below.
local function late(t)
  t:data { acme_budgets = { search = 300 } }
  t:at("2026-06-28")
  t:ignore("AcmeBudgetBurn")
  t:ignore("AcmeBudgetForecast")
end

test("finance hears of a half and of most, on-call when all is spent", function(t)
  late(t)
  spend(t, 149)
  t:no_alert("AcmeBudget")
  spend(t, 1)
  t:alert("AcmeBudget", { team = "search", step = "0.5", topic = "budget" }, "info")
  spend(t, 90)
  t:alert("AcmeBudget", { team = "search", step = "0.8", topic = "budget" }, "warning")
  t:no_alert("AcmeBudget", {}, "critical")
  spend(t, 60)
  t:alert("AcmeBudget", { team = "search", step = "1", topic = "budget" }, "critical")
  t:advance("2026-07-04T23:59:00Z")
  t:alert("AcmeBudget", {}, "critical")
  t:advance("2026-07-05T00:01:00Z")
  t:resolved("AcmeBudget", {}, "critical")
end)

test("finance hears on the second day that the money will not last", function(t)
  t:at("2026-06-05")
  t:data { acme_budgets = { search = 300 } }
  t:every("1h", "2d", { team = "search", charge_usd = 0.5 }) -- 360 a month
  local alert = t:alert("AcmeBudgetForecast", { team = "search", topic = "budget" }, "info")
  t:near(alert.value, 1.2, 0.02)
end)

test("on-call hears of an hour that uses up a day", function(t)
  t:data { acme_budgets = { search = 300 } }
  t:every("5m", "12h", { team = "search", charge_usd = 0.03 })
  t:no_alert()
  t:every("1m", "1h", { team = "search", charge_usd = 0.15 })
  t:alert("AcmeBudgetBurn", { team = "search", window = "1h", topic = "budget" }, "critical")
  t:ignore("AcmeBudgetBurn", { window = "6h" }, "warning")
  t:every("5m", "30m", { team = "search", charge_usd = 0.03 })
  t:resolved("AcmeBudgetBurn", {}, "critical")
end)

test("who keeps to the budget, and who has none, is left alone", function(t)
  t:data { acme_budgets = { search = 300 } }
  t:every("1h", "10d", { { team = "search", charge_usd = 0.2 }, { team = "ml", charge_usd = 50 } })
  t:no_alert()
end)
