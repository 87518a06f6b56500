local function call(usd, depth, status)
  return { team = "search", workflow_id = "bot", charge_usd = usd, retry_depth = depth, status = status }
end

test("a few retries among many requests alert nobody", function(t)
  t:every("1m", "2h", { call(1), call(1), call(1), call(1), call(0.5, 1), call(0, 2, "failure") })
  t:no_alert()
end)

test("when retries are more than a quarter of the spend it is a storm, until they are an eighth", function(t)
  t:every("1m", "1h", { call(1), call(1) })
  t:every("1m", "9m", { call(1), call(1), call(1, 1) })
  t:no_alert("LLMRetryStorm")
  t:every("1m", "15m", { call(1), call(1), call(1, 1) })
  local alert = t:alert("LLMRetryStorm", { team = "search", workflow_id = "bot" }, "critical")
  t:near(alert.value, 1 / 3, 0.05)
  t:ok(alert.annotations.summary:find("^bot of search: retries are 33%% of its spend"), alert.annotations.summary)
  t:every("1m", "15m", { call(1), call(1), call(1), call(1), call(0.8, 1) }) -- between the two
  t:alert("LLMRetryStorm")
  t:every("1m", "30m", { call(1), call(1), call(1), call(1), call(0.2, 1) })
  t:resolved("LLMRetryStorm")
end)

test("among a few requests a retry says little", function(t)
  t:every("2m", "2h", { call(5), call(5, 1) })
  t:no_alert()
end)

test("a storm of cents wakes nobody", function(t)
  t:every("1m", "1h", { call(0.1), call(0.1, 1) })
  t:no_alert()
end)

test("retries that are refused cost nothing and are told by their depth", function(t)
  t:every("1m", "30m", { call(1), call(0, 1, "failure"), call(0, 2, "failure"), call(0, 3, "failure"), call(0, 4, "failure") })
  local alert = t:alert("LLMRetriesDeep", { workflow_id = "bot" }, "warning")
  t:near(alert.value, 0.4)
  t:no_alert("LLMRetryStorm")
  t:every("1m", "30m", call(1))
  t:resolved("LLMRetriesDeep")
end)

test("a handful of deep retries wakes nobody", function(t)
  t:every("1m", "1h", { call(1), call(0, 5, "failure") })
  t:no_alert()
end)

test("where a workflow is missing the alert says so", function(t)
  t:every("30s", "30m", { charge_usd = 1, retry_depth = 1 })
  local alert = t:alert("LLMRetryStorm", { workflow_id = false, team = false })
  t:ok(alert.annotations.summary:find("(no workflow) of (no team): retries are 100%", 1, true))
end)

test("share, floor and depth are settings", function(t)
  t:settings { share = 0.9, floor_usd = 1000, depth = 6, deep_share = 0.5 }
  t:every("1m", "1h", { call(1), call(5, 5) })
  t:no_alert()
end)
