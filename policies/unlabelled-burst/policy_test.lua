local known = { key_alias = "shop", team = "search", tenant = "acme", charge_usd = 1 }
local stray = { key_alias = "stray", charge_usd = 1 }

test("spend that has its labels is no burst, however large", function(t)
  t:every("5m", "25h", known)
  t:every("1m", "2h", { key_alias = "shop", team = "search", tenant = "acme", charge_usd = 50 })
  t:no_alert()
end)

test("a key that nobody knows is told at $15 an hour, by each label that it lacks", function(t)
  t:every("5m", "25h", known)
  t:every("1m", "15m", stray)
  t:no_alert()
  t:every("1m", "10m", stray)
  local alert = t:alert("LLMUnlabelledBurst", { label = "tenant", key_alias = "stray", source = "generic" }, "warning")
  t:ok(alert.annotations.summary:find("^Key stray at generic spent %$%d+%.%d%d in an hour without a tenant"), alert.annotations.summary)
  t:alert("LLMUnlabelledBurst", { label = "team", key_alias = "stray" })
  t:every("5m", "90m", known)
  t:resolved("LLMUnlabelledBurst", { label = "tenant" })
end)

test("a known key whose label is lost is told of that label alone", function(t)
  t:every("5m", "25h", known)
  t:every("1m", "30m", { hashed_api_key = "9f86d081", team = "search", charge_usd = 1 })
  t:alert("LLMUnlabelledBurst", { label = "tenant", hashed_api_key = "9f86d081" })
  t:no_alert("LLMUnlabelledBurst", { label = "team" })
end)

test("what always lacks a label may go on so", function(t)
  t:every("5m", "25h", { known, stray }) -- 12 $/h
  t:every("5m", "2h", { known, stray, stray })
  t:no_alert()
end)

test("as may what lacks it at this hour of each day or week", function(t)
  t:every("5m", "12h", known)
  for _, pause in ipairs { "23h", "143h", "0s" } do
    t:every("1m", "1h", stray)
    t:advance(pause)
  end
  t:resolved("LLMUnlabelledBurst", { label = "tenant" }) -- the first time
  t:eq(t:resolved("LLMUnlabelledBurst", { label = "team" }), 1)
end)

test("on the engine's first morning a key is told at $225 an hour", function(t)
  t:every("1m", "2h", { stray, stray, stray })
  t:no_alert()
  t:every("1m", "1h", { key_alias = "stray", charge_usd = 5 })
  t:alert("LLMUnlabelledBurst", { label = "tenant" })
  t:alert("LLMUnlabelledBurst", { label = "team" })
end)

test("labels, factor and floor are settings", function(t)
  t:settings { labels = "workflow_id", factor = 10, floor_usd = 20 }
  t:every("5m", "25h", known)
  t:every("1m", "1h", stray)
  t:no_alert()
  t:every("1m", "1h", { workflow_id = "bot", charge_usd = 50 })
  t:no_alert()
  t:every("1m", "30m", { key_alias = "stray", charge_usd = 10 })
  t:alert("LLMUnlabelledBurst", { label = "workflow_id" })
end)
