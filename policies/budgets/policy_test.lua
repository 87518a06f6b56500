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

test("who has no budget is left alone", function(t)
  t:data { budgets = { search = 100 } }
  t:send { team = "ml", charge_usd = 5000 }
  t:advance("1h")
  t:no_alert()
end)
