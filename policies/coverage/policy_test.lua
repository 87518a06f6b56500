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

test("the alert names the source and key that lose most", function(t)
  t:every("1m", "1h", known)
  t:every("1m", "20m", function()
    return {
      { key_alias = "new-bot", tenant = "acme", workflow_id = "bot", charge_usd = 0.5 },
      { tenant = "acme", workflow_id = "bot", charge_usd = 0.1 },
    }
  end)
  local alert = t:alert("LLMAttributionCoverageLow", { label = "team" })
  t:ok(alert.annotations.worst:find("^generic, key new%-bot: %$"), alert.annotations.worst)
end)

test("no spend at all is no missing label", function(t)
  t:advance("3h")
  t:no_alert("LLMAttributionCoverageLow")
end)

test("a ratio that hovers at the bound is one alert", function(t)
  t:every("1m", "1h", known)
  t:every("1m", "2h", function(i)
    return { known, { charge_usd = i % 40 < 20 and 0.06 or 0.045 } }
  end)
  t:every("1m", "2h", known)
  t:eq(t:resolved("LLMAttributionCoverageLow", { label = "team" }), 1)
  t:eq(t:resolved("LLMAttributionCoverageLow"), 3)
end)

test("an hour of cents wakes nobody", function(t)
  t:every("1m", "2h", { charge_usd = 0.01 })
  t:no_alert()
end)

test("labels, bound and floor are settings", function(t)
  t:settings { labels = "agent", below = 0.5, floor_usd = 100 }
  t:every("1m", "2h", { charge_usd = 1 })
  t:no_alert()
  t:every("1m", "2h", { agent = "a", charge_usd = 1 })
  t:every("1m", "2h", { charge_usd = 2 })
  t:alert("LLMAttributionCoverageLow", { label = "agent" })
end)
