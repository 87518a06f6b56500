-- A session every 10 minutes that spends 10 cents.
local function usual(i)
  return { workflow_id = "agent", session_id = "s" .. i, charge_usd = 0.1 }
end

test("a session that spends twenty times the usual is told of after two minutes", function(t)
  t:every("10m", "1d", usual)
  t:every("10s", "2m", { workflow_id = "agent", session_id = "loop", charge_usd = 0.2 })
  t:pending("AcmeSessionLoop", { session_id = "loop" })
  t:every("10s", "2m", { workflow_id = "agent", session_id = "loop", charge_usd = 0.2 })
  local alert = t:alert("AcmeSessionLoop", { workflow_id = "agent", session_id = "loop" }, "warning")
  t:ok(alert.value > 20)
  t:ok(alert.annotations.session:find("usual are 0.10 USD", 1, true), alert.annotations.session)
  t:advance("2h")
  t:resolved("AcmeSessionLoop")
end)

test("long sessions, cheap loops and a workflow that is new alert nobody", function(t)
  t:every("10m", "1d", usual)
  t:every("1m", "15m", { workflow_id = "agent", session_id = "long", charge_usd = 0.1 })
  t:every("10s", "30m", { workflow_id = "agent", session_id = "cheap", charge_usd = 0.001 })
  t:every("1m", "15m", { workflow_id = "new", session_id = "first", charge_usd = 5 })
  t:every("1m", "15m", { workflow_id = "agent", charge_usd = 5 })
  t:no_alert()
end)
