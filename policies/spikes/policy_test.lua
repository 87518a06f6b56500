local usual = { team = "search", workflow_id = "bot", charge_usd = 1 }

test("a steady team and its small changes alert nobody", function(t)
  t:every("5m", "3d", usual)
  t:every("5m", "3h", { team = "search", workflow_id = "bot", charge_usd = 2 })
  t:no_alert("LLMCostSpike")
end)

test("four times the usual for ten minutes is a spike, by team and by workflow", function(t)
  t:every("5m", "2d", usual) -- 12 $/h
  t:every("1m", "35m", usual)
  t:pending("LLMCostSpike", { team = "search" })
  t:every("1m", "10m", usual)
  local alert = t:alert("LLMCostSpike", { team = "search", dimension = "team" }, "critical")
  t:ok(alert.value > 3)
  t:alert("LLMCostSpike", { workflow_id = "bot", dimension = "workflow_id" })
  t:every("5m", "2h", usual)
  t:resolved("LLMCostSpike")
end)

test("a newcomer is held against the floor", function(t)
  t:every("1m", "40m", { team = "new", workflow_id = "first", charge_usd = 0.2 })
  t:no_alert("LLMCostSpike")
  t:every("1m", "15m", { team = "new", workflow_id = "first", charge_usd = 5 })
  t:alert("LLMCostSpike", { team = "new" })
  t:alert("LLMCostSpike", { workflow_id = "first" })
end)

test("the factor is a setting", function(t)
  t:settings { factor = 10 }
  t:every("5m", "2d", usual)
  t:every("1m", "1h", usual)
  t:no_alert("LLMCostSpike")
end)
