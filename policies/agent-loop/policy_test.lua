local function call(session, usd, workflow)
  return { team = "search", workflow_id = workflow or "bot", session_id = session, charge_usd = usd }
end

-- Ten sessions an hour of $0.60.
local function sessions_of(t, total)
  t:every("1m", total, function(i) return call("s" .. math.floor((i - 1) / 6), 0.1) end)
end

test("sessions as they always are alert nobody, not even a long one", function(t)
  sessions_of(t, "12h")
  t:every("1m", "1h", call("long", 0.25))
  t:no_alert()
end)

test("a session at $60 an hour among those of $0.60 is a loop after twenty minutes", function(t)
  sessions_of(t, "12h")
  t:every("1m", "19m", call("loop", 1))
  t:no_alert()
  t:every("1m", "5m", call("loop", 1))
  local alert = t:alert("LLMSessionRunaway", { session_id = "loop", workflow_id = "bot", team = "search" }, "critical")
  t:ok(alert.value >= 10)
  sessions_of(t, "2h")
  t:resolved("LLMSessionRunaway")
end)

test("one dear request is no loop", function(t)
  sessions_of(t, "12h")
  t:send(call("dear", 80))
  t:advance("10m")
  t:no_alert()
end)

test("where sessions cost $200, one of $200 is none", function(t)
  for night = 1, 3 do
    t:every("1m", "1h", call("night" .. night, 200 / 60, "report"))
    t:advance("23h")
  end
  t:no_alert()
end)

test("the first session of a workflow is told at $225 in an hour", function(t)
  t:every("1m", "40m", call("first", 5))
  t:no_alert("LLMSessionRunaway")
  t:every("1m", "20m", call("first", 5))
  t:alert("LLMSessionRunaway", { session_id = "first" })
  t:every("1m", "1h", call("first", 5)) -- it is not its own measure
  t:alert("LLMSessionRunaway", { session_id = "first" })
end)

test("sessions beyond what a window can tell apart are no session", function(t)
  t:every("1m", "1h", call("__other__", 4.9))
  t:no_alert("LLMSessionRunaway")
end)

test("a workflow at fifteen times the usual is told within minutes", function(t)
  t:every("1m", "25h", call(nil, 2)) -- 10 $ in five minutes
  t:every("20s", "5m", call(nil, 6))
  t:no_alert()
  t:every("20s", "5m", call(nil, 10))
  local alert = t:alert("LLMWorkflowRunaway", { workflow_id = "bot" }, "critical")
  t:ok(alert.value > 10)
  t:every("1m", "10m", call(nil, 2))
  t:resolved("LLMWorkflowRunaway")
end)

test("a small workflow has to spend $25 in five minutes", function(t)
  t:every("5m", "25h", call(nil, 0.1))
  t:every("20s", "1h", call(nil, 1.4))
  t:no_alert()
end)

test("a workflow that burned at this hour yesterday or last week is as usual", function(t)
  for _, pause in ipairs { "23h", "143h", "23h" } do
    t:every("1m", "1h", call(nil, 4.5)) -- once 270 $/h, which are 22.5 in five minutes
    t:advance(pause)
  end
  t:every("20s", "1h", call(nil, 5))
  t:no_alert()
end)

test("factor and amounts are settings", function(t)
  t:settings { factor = 2, session_usd = 1, requests = 2, workflow_usd = 1 }
  sessions_of(t, "12h")
  t:every("30s", "10m", call("loop", 1))
  t:alert("LLMSessionRunaway", { session_id = "loop" })
  t:alert("LLMWorkflowRunaway")
end)
