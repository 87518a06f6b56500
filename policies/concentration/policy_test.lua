local function call(endpoint, usd)
  return { endpoint = endpoint, charge_usd = usd }
end
local mixed = { call("/chat", 0.4), call("/responses", 0.4), call("/embeddings", 0.2) } -- 12 $/h

test("a mix that stays as it is alerts nobody", function(t)
  t:every("5m", "7d", mixed)
  t:no_alert()
end)

test("an endpoint that grows beyond half of the spend is told, until it is below again", function(t)
  t:every("5m", "6d", mixed)
  t:every("5m", "2h", { call("/chat", 0.4), call("/responses", 3), call("/embeddings", 0.2) })
  t:no_alert()
  t:every("5m", "6h", { call("/chat", 0.4), call("/responses", 3), call("/embeddings", 0.2) })
  local alert = t:alert("LLMSpendConcentrated", { endpoint = "/responses" }, "warning")
  t:ok(alert.annotations.summary:find("^endpoint /responses has 6%d%% of the spend"), alert.annotations.summary)
  t:every("5m", "24h", mixed)
  t:resolved("LLMSpendConcentrated")
end)

test("one that always had most of it is no news", function(t)
  t:every("5m", "8d", { call("/chat", 0.9), call("/embeddings", 0.1) })
  t:no_alert()
end)

test("before half a week was seen nothing is known", function(t)
  t:every("5m", "4d", call("/chat", 1))
  t:no_alert()
end)

test("a day of a few dollars wakes nobody", function(t)
  t:every("1h", "6d", mixed)
  t:every("1h", "2d", { call("/chat", 0.1), call("/responses", 1.5) })
  t:no_alert()
end)

test("spend without an endpoint is nobody's", function(t)
  t:every("5m", "6d", mixed)
  t:every("5m", "1d", { charge_usd = 5 })
  t:no_alert()
end)

test("label and shares are settings", function(t)
  t:settings { label = "team", share = 0.3, more = 0.05 }
  t:every("5m", "6d", { { team = "a", charge_usd = 0.2 }, { team = "b", charge_usd = 0.8 } })
  t:every("5m", "12h", { { team = "a", charge_usd = 0.8 }, { team = "b", charge_usd = 0.8 } })
  t:alert("LLMSpendConcentrated", { team = "a" })
end)
