-- 100,000 tokens in and 10,000 out: $0.021 of gpt-4o-mini, $0.35 of gpt-4o.
local function answer(requested, response, more)
  local event = { team = "search", ai_system = "openai", requested_model = requested, response_model = response,
    input_tokens = 100000, output_tokens = 10000 }
  for key, value in pairs(more or {}) do event[key] = value end
  return event
end
local mini, big = answer("gpt-4o-mini", "gpt-4o-mini"), answer("gpt-4o", "gpt-4o")

test("answers of the model that was asked for alert nobody, whatever its full name", function(t)
  t:every("1m", "2h", { mini, big, answer("gpt-4o", "gpt-4o-2024-08-06"), answer("gpt-4o-mini", "gpt-4o-mini-2024-07-18") })
  t:no_alert()
end)

test("dearer answers are a drift, until the route is mended", function(t)
  t:every("1m", "1h", { mini, mini })
  t:every("1m", "15m", { mini, answer("gpt-4o-mini", "gpt-4o") })
  t:no_alert()
  t:every("1m", "20m", { mini, answer("gpt-4o-mini", "gpt-4o") })
  local alert = t:alert("LLMTierDrift", { team = "search", requested_model = "gpt-4o-mini" }, "warning")
  t:ok(alert.value > 0.5 and alert.value < 1)
  t:ok(alert.annotations.summary:find("^gpt%-4o%-mini, asked for by search, is answered by dearer models: %d+%% of the spend"),
    alert.annotations.summary)
  t:alert("LLMFallbackShareHigh") -- a quarter of the requests as well
  t:every("1m", "90m", { mini, mini })
  t:resolved("LLMTierDrift")
  t:resolved("LLMFallbackShareHigh")
end)

test("now and then a dearer answer alerts nobody", function(t)
  t:every("1m", "3h", function(i) return { big, i % 30 == 0 and answer("gpt-4o-mini", "gpt-4o") or mini } end)
  t:no_alert()
end)

test("cheaper answers cost nothing, but are fallbacks", function(t)
  t:every("1m", "2h", { big, big, answer("gpt-4o", "gpt-4o-mini") })
  local alert = t:alert("LLMFallbackShareHigh", { team = "search", requested_model = "gpt-4o" }, "warning")
  t:near(alert.value, 1 / 3, 0.01)
  t:no_alert("LLMTierDrift")
end)

test("fallbacks of little spend, or of few requests, alert nobody", function(t)
  t:every("1m", "2h", { mini, answer("gpt-4o-mini", "gpt-5-mini") })
  t:every("20m", "2h", answer("gpt-4o", "gpt-4o-mini", { charge_usd = 10 }))
  t:no_alert()
end)

test("a name that no price book knows is no fallback", function(t)
  t:every("1m", "2h", { answer("our-deployment", "gpt-4o"), answer("gpt-4o", "our-deployment", { charge_usd = 0.4 }) })
  t:no_alert()
end)

test("shares and amounts are settings", function(t)
  t:settings { share = 1, fallbacks = 0.9 }
  t:every("1m", "2h", { mini, answer("gpt-4o-mini", "gpt-4o") })
  t:no_alert()
end)
