local first = { workflow_id = "ocr", charge_usd = 0.5 }
local third = { workflow_id = "ocr", charge_usd = 0.5, retry_depth = 3, status = "failure",
  error_class = "RateLimitError" }

test("a workflow that pays for deep retries is told of after five minutes, with the causes", function(t)
  t:every("1m", "30m", first)
  t:every("1m", "15m", { first, third })
  local alert = t:alert("AcmeDeepRetries", { workflow_id = "ocr" }, "critical")
  t:ok(alert.value > 0.25)
  t:ok(alert.annotations.causes:find("USD: RateLimitError", 1, true), alert.annotations.causes)
  t:ok(alert.annotations.summary:find("^ocr: %d+%% of its spend are retries of depth 3"), alert.annotations.summary)
  t:every("1m", "1h", first)
  t:resolved("AcmeDeepRetries")
end)

test("second tries, small change and retries without a workflow are no storm", function(t)
  t:every("1m", "1h", { first, { workflow_id = "ocr", charge_usd = 1, retry_depth = 2 } })
  t:every("1m", "1h", { workflow_id = "tiny", charge_usd = 0.01, retry_depth = 9 })
  t:every("1m", "1h", { charge_usd = 1, retry_depth = 9 })
  t:no_alert()
end)

test("how deep is deep is a setting", function(t)
  t:settings { depth = 5 }
  t:every("1m", "1h", third)
  t:no_alert()
end)
