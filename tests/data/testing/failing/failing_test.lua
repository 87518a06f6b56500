-- Every call, where it does not hold: what is said then is in failing.txt.

test("eq of texts", function(t) t:eq("a", "b") end)
test("eq with a message", function(t) t:eq(1, nil, "the first one") end)
test("eq of tables", function(t) t:eq({ a = 1, b = { c = "x", [1] = true } }, { a = 1, b = { c = "y", [1] = true }, d = {} }) end)
test("eq of a record", function(t) t:eq(t:send({ team = "x" }).provenance, {}) end)
test("ok", function(t) t:ok(false, "must hold") end)
test("near", function(t) t:near(1.5, 1, 0.1) end)
test("a pcall swallows no failure", function(t) pcall(function() t:eq(1, 2) end) end)

test("alert", function(t)
  t:send { team = "a", charge_usd = 30 }
  t:advance("1m")
  t:alert("ShopSpend", { team = "a" }, "critical")
end)

test("alert without a tick", function(t)
  t:send { charge_usd = 150 }
  t:alert("ShopDay")
end)

test("pending", function(t) t:pending("ShopSpend") end)

test("no_alert", function(t)
  t:send { team = "a", charge_usd = 30 }
  t:advance("6m")
  t:no_alert("ShopSpend")
end)

test("resolved, but it never fired", function(t) t:resolved("ShopSpend") end)

test("resolved, but it still fires", function(t)
  t:send { team = "a", charge_usd = 30 }
  t:advance("6m")
  t:resolved("ShopSpend", { team = "a" })
end)

test("an alert that nobody expected", function(t)
  t:send { team = "a", charge_usd = 30 }
  t:advance("3h")
end)

test("an expected alert that never came", function(t) t:expect("ShopSpend", { team = "a" }) end)
test("a policy that failed", function(t) t:send { tenant = "broken", charge_usd = 1 } end)
test("a policy that fails again and again", function(t) t:every("1m", "3m", { tenant = "broken", charge_usd = 1 }) end)
test("fails, but nothing did", function(t) t:fails("contract", function() t:send { charge_usd = 1 } end) end)
test("fails, but otherwise", function(t) t:fails("nothing", function() t:send { tenant = "broken", charge_usd = 1 } end) end)
test("an event is refused", function(t) t:send { team = 12 } end)
test("an event of many is refused", function(t) t:every("1m", "1h", { input_tokens = -1 }) end)

-- Tests that are wrong themselves.

test("nil", function() local nothing; return nothing.x end)
test("no such alert", function(t) t:no_alert("ShopSpent") end)
test("no such label", function(t) t:no_alert("ShopSpend", { taem = "a" }) end)
test("an alert of a budget without such", function(t) t:no_alert("ShopSpendBurn") end)
test("no such severity", function(t) t:no_alert("ShopSpend", {}, "warn") end)
test("no such field", function(t) t:send { taem = "a" } end)
test("a field that is decided", function(t) t:send { class = "prod" } end)
test("no such field of a record", function(t) t:ok(t:send({}).taem) end)
test("no such data", function(t) t:data { team_by_keys = {} } t:tick() end)
test("no such setting", function(t) t:settings { factors = 2 } t:tick() end)
test("a setting of the wrong type", function(t) t:settings { factor = "two" } t:tick() end)
test("no such zone", function(t) t:zone("Europe/Bonn") end)
test("no such metric", function(t) t:counter("shop_order_total") end)
test("a metric of another type", function(t) t:gauge("shop_orders_total") end)
test("no such label of a metric", function(t) t:send { team = "a" } t:counter("shop_orders_total", { taem = "a" }) end)
test("no such source", function(t) t:send_raw("lightllm", {}) end)
test("no duration", function(t) t:advance("10 minutes") end)
test("a moment that has passed", function(t) t:advance("2026-05-01") end)
test("no time", function(t) t:at("tomorrow") end)
test("data after the first event", function(t) t:send {} t:data {} end)
test("a dot for a colon", function(t) t.send {} end)
test("no such call", function(t) t:sent {} end)
test("no such global", function() prnt("x") end)
test("a global is set", function() x = 1 end)
test("what has no place in JSON", function(t) t:send { team = print_it } end)
test("a function in an event", function(t) t:send { metadata = { x = function() end } } end)
test("a gauge before its tick", function(t) t:send {} t:gauge("llm_spend_window_usd") end)
test("a gauge of several series", function(t)
  t:send { team = "a" }
  t:send { team = "b" }
  t:tick()
  t:gauge("llm_spend_window_usd")
end)
test("too many steps", function(t) t:every("1ms", "1d", {}) end)
test("t:every inside t:every", function(t)
  t:every("1m", "1h", function() t:every("1s", "1m", {}) end)
end)
test("a pcall around what cannot begin", function(t)
  t:data { nowhere = {} }
  pcall(function() t:tick() end)
  t:tick()
end)
test("out of time", function(t) t:every("1ms", "1h", {}) end)
test("too far", function(t) t:advance("1000000h") end)
test("a huge text", function(t) t:send { team = string.rep("x", 1e9) } end)
test("no end", function() local function f() return 1 + f() end return f() end)
test("os", function() return os.time() end)
test("setmetatable", function() return setmetatable({}, {}) end)
test("an endless loop", function() while true do end end)
