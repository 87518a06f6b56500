local function call(model, more)
  local event = { ai_system = "openai", requested_model = model, input_tokens = 1000, output_tokens = 100 }
  for key, value in pairs(more or {}) do event[key] = value end
  return event
end
local known, unknown = call("gpt-4o"), call("gpt-99-turbo")

test("one request of two hundred without a price alerts nobody", function(t)
  t:every("1m", "3h", { known, known, known, known })
  t:every("20s", "3h", function(i) return i % 200 == 0 and unknown or known end)
  t:no_alert()
end)

test("one of ten is told after ten minutes, and over when it has a price", function(t)
  t:every("20s", "1h", known)
  t:every("20s", "2h", function(i) return i % 10 == 0 and unknown or known end)
  local alert = t:alert("LLMUnpricedShareHigh", {}, "warning")
  t:near(alert.value, 0.1, 0.01)
  t:ok(alert.annotations.summary:find("^%d+%.%d%% of the requests .* for gpt%-99%-turbo %(openai, unpriced%)"), alert.annotations.summary)
  t:every("20s", "1h", known)
  t:resolved("LLMUnpricedShareHigh")
end)

test("a request without a model, or without usage, has no price either", function(t)
  t:every("5m", "1h", { { input_tokens = 5, output_tokens = 5 }, { ai_system = "openai", requested_model = "gpt-4o", status = "success" } })
  t:alert("LLMUnpricedShareHigh")
end)

test("who brings its cost, fails, or costs nothing by contract, is priced", function(t)
  t:every("1m", "2h", {
    call("gpt-99-turbo", { charge_usd = 0.1 }),
    call("gpt-4o", { charge_usd = 0 }),
    { ai_system = "openai", requested_model = "gpt-4o", status = "failure" },
  })
  t:no_alert()
end)

test("a handful wakes nobody", function(t)
  t:every("10m", "2h", unknown)
  t:no_alert()
end)

test("share and number are settings", function(t)
  t:settings { share = 0.5, requests = 2 }
  t:every("10m", "2h", { known, known, unknown })
  t:no_alert()
  t:every("10m", "2h", { unknown, known, unknown })
  t:alert("LLMUnpricedShareHigh")
end)
