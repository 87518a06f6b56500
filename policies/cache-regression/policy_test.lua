-- 100,000 tokens in, of which so many are read from the cache, or written to it.
local function call(read, written, usd)
  return { workflow_id = "bot", requested_model = "claude-sonnet-4-5", ai_system = "anthropic", input_tokens = 100000,
    output_tokens = 1000, cache_read_tokens = read, cache_write_tokens = written, charge_usd = usd or 1 }
end
local good = call(60000, 5000)

test("a share of cached input that goes up and down alerts nobody", function(t)
  t:every("2m", "2d", good)
  t:every("2m", "3h", call(40000))
  t:every("2m", "3h", call(90000))
  t:no_alert()
end)

test("half the usual share is a regression after a quarter of an hour", function(t)
  t:every("2m", "2d", good)
  t:every("2m", "40m", call(0))
  t:pending("LLMCacheMissRegression")
  t:every("2m", "20m", call(0))
  local alert = t:alert("LLMCacheMissRegression", { workflow_id = "bot", requested_model = "claude-sonnet-4-5" }, "warning")
  t:ok(alert.value < 0.5)
  t:ok(alert.annotations.summary:find("reads %d+%% of its input from the cache; usual are 60%%"), alert.annotations.summary)
  t:every("2m", "1h", call(36000)) -- 0.6 of the usual
  t:alert("LLMCacheMissRegression")
  t:every("2m", "2h", good)
  t:resolved("LLMCacheMissRegression")
end)

test("who never used a cache loses none", function(t)
  t:every("2m", "2d", call())
  t:every("2m", "3h", call(0))
  t:no_alert()
end)

test("nor does who is known for less than a day", function(t)
  t:every("2m", "20h", good)
  t:every("2m", "2h", call(0))
  t:no_alert()
end)

test("a regression of cents wakes nobody", function(t)
  t:every("2m", "2d", call(60000, 0, 0.1))
  t:every("2m", "3h", call(0, 0, 0.1))
  t:no_alert()
end)

test("few requests say little", function(t)
  t:every("10m", "2d", call(60000, 0, 3))
  t:every("10m", "3h", call(0, 80000, 3))
  t:no_alert()
end)

test("a cache that is written and not read is told, from the first hour", function(t)
  t:every("2m", "2h", call(0, 80000))
  t:alert("LLMCacheWritesUnread", { workflow_id = "bot", requested_model = "claude-sonnet-4-5" }, "warning")
  t:every("2m", "2h", call(80000, 10000))
  t:resolved("LLMCacheWritesUnread")
end)

test("where requests have no tokens there is nothing to say", function(t)
  t:every("2m", "2d", { workflow_id = "bot", charge_usd = 1 })
  t:no_alert()
end)

test("shares and spend are settings", function(t)
  t:settings { usual = 0.7, unread = 0.01 }
  t:every("2m", "2d", good)
  t:every("2m", "2h", call(1000, 50000))
  t:no_alert()
end)
