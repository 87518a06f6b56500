local known = { team = "search", tenant = "acme", workflow_id = "bot", charge_usd = 1 }

test("spend that is all attributed alerts nobody", function(t)
  t:every("1m", "2h", known)
  t:no_alert("LLMAttributionCoverageLow")
end)

test("a label that goes missing is told after ten minutes", function(t)
  t:every("1m", "1h", known)
  t:every("1m", "10m", { team = "search", tenant = "acme", charge_usd = 1 })
  t:pending("LLMAttributionCoverageLow", { label = "workflow_id" })
  t:every("1m", "10m", { team = "search", tenant = "acme", charge_usd = 1 })
  t:alert("LLMAttributionCoverageLow", { label = "workflow_id" }, "warning")
  t:no_alert("LLMAttributionCoverageLow", { label = "team" })
  t:every("1m", "1h", known)
  t:resolved("LLMAttributionCoverageLow", { label = "workflow_id" })
end)

test("no spend at all is no missing label", function(t)
  t:advance("3h")
  t:no_alert("LLMAttributionCoverageLow")
end)
