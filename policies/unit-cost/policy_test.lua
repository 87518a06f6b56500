local function call(version, usd, tokens)
  return { workflow_id = "bot", prompt_version = version, charge_usd = usd, input_tokens = tokens or 100000, output_tokens = 0 }
end

test("versions that cost the same, or less, alert nobody", function(t)
  t:every("1m", "2d", call("v1", 1))
  t:every("1m", "3h", { call("v2", 1.2), call("v3", 0.3) })
  t:no_alert()
end)

test("a version whose requests are longer costs more by the request", function(t)
  t:every("1m", "2d", call("v1", 1))
  t:every("1m", "20m", call("v2", 2, 200000))
  t:pending("LLMRequestCostDrift", { prompt_version = "v2" })
  t:every("1m", "20m", call("v2", 2, 200000))
  local alert = t:alert("LLMRequestCostDrift", { workflow_id = "bot", prompt_version = "v2" }, "warning")
  t:near(alert.value, 2, 0.05)
  t:no_alert("LLMTokenCostDrift")
  t:every("1m", "2h", call("v1", 1))
  t:resolved("LLMRequestCostDrift")
end)

test("a version on a dearer model costs more by the token as well", function(t)
  t:every("1m", "2d", call("v1", 1))
  t:every("1m", "40m", call("v2", 3))
  t:alert("LLMTokenCostDrift", { prompt_version = "v2" }, "warning")
  t:alert("LLMRequestCostDrift", { prompt_version = "v2" })
end)

test("a version that drifts away from itself is told too", function(t)
  t:every("1m", "2d", call("v1", 1))
  t:every("1m", "75m", call("v1", 2))
  t:alert("LLMRequestCostDrift", { prompt_version = "v1" })
  t:alert("LLMTokenCostDrift", { prompt_version = "v1" })
end)

test("few requests, cents, and a workflow of today say nothing", function(t)
  t:every("1m", "20h", { call("v1", 1), call("v1", 0.01) })
  t:every("1m", "1h", call("v2", 9)) -- too young
  t:every("1m", "4h", call("v1", 0.01))
  t:every("5m", "3h", call("v3", 30)) -- too few
  t:every("1m", "3h", call("v1", 0.01))
  t:no_alert()
end)

test("a few cents more wake nobody", function(t)
  t:every("1m", "2d", call("v1", 0.02))
  t:every("1m", "3h", call("v2", 0.1))
  t:no_alert()
end)

test("requests that fail cost nothing, and are not counted", function(t)
  t:every("1m", "2d", { call("v1", 1), { workflow_id = "bot", prompt_version = "v1", status = "failure" } })
  t:every("1m", "2h", call("v1", 1))
  t:no_alert()
end)

test("who sent no tokens, or paid nothing, has no usual", function(t)
  t:every("1m", "2d", { workflow_id = "bot", prompt_version = "v1", charge_usd = 0, input_tokens = 0 })
  t:every("1m", "1h", call("v2", 3))
  t:no_alert()
end)

test("factor and floor are settings", function(t)
  t:settings { factor = 1.1, floor_usd = 1000 }
  t:every("1m", "2d", call("v1", 1))
  t:every("1m", "2h", call("v2", 3))
  t:no_alert()
end)
