local usual = { team = "search", workflow_id = "bot", key_alias = "bot-key", requested_model = "gpt-4o", charge_usd = 1 }

test("a steady team and its small changes alert nobody", function(t)
  t:every("5m", "3d", usual)
  t:every("5m", "3h", { team = "search", workflow_id = "bot", charge_usd = 2 })
  t:no_alert("LLMCostSpike")
end)

test("four times the usual for five minutes is a spike, by team and by workflow", function(t)
  t:every("5m", "2d", usual) -- 12 $/h
  t:every("1m", "32m", usual)
  t:pending("LLMCostSpike", { team = "search" })
  t:every("1m", "8m", usual)
  local alert = t:alert("LLMCostSpike", { team = "search", dimension = "team" }, "critical")
  t:ok(alert.value > 3)
  t:ok(alert.annotations.detail:find("^It began at %$%d+%.%d%d in an hour; usual are %$12%.%d%d%. The largest part, %$%d+%.%d%d, was key bot%-key with gpt%-4o"),
    alert.annotations.detail)
  t:ok(alert.annotations.summary:find("^Spend of team search: the last hour is %d%.%d times the usual%.$"), alert.annotations.summary)
  t:alert("LLMCostSpike", { workflow_id = "bot", dimension = "workflow_id" })
  t:every("5m", "2h", usual)
  t:resolved("LLMCostSpike")
end)

test("spend without a label is called so", function(t)
  t:every("5m", "2d", { team = "search", charge_usd = 1 })
  t:every("1m", "40m", { team = "search", charge_usd = 1 })
  t:alert("LLMCostSpike", { dimension = "team" })
  local summary = t:alert("LLMCostSpike", { dimension = "workflow_id" }).annotations.summary
  t:ok(summary:find("^Spend without a workflow_id: the last hour is %d%.%d times the usual%.$"), summary)
end)

test("a value between 2.4 and 3 times neither begins it nor ends it", function(t)
  local more = { team = "search", workflow_id = "bot", charge_usd = 2.9 }
  t:every("5m", "2d", usual)
  t:every("5m", "1h", more)
  t:no_alert("LLMCostSpike")
  t:every("1m", "45m", usual)
  t:alert("LLMCostSpike", { team = "search" })
  t:every("5m", "50m", more)
  t:alert("LLMCostSpike", { team = "search" })
  t:every("5m", "1h", usual)
  t:resolved("LLMCostSpike")
end)

test("a newcomer at 100 $/h wakes nobody, one at 300 $/h is told within its first hour", function(t)
  t:every("1m", "2h", { team = "new", workflow_id = "first", charge_usd = 100 / 60 })
  t:no_alert("LLMCostSpike")
  t:every("1m", "1h", { team = "newer", workflow_id = "second", charge_usd = 5 })
  t:alert("LLMCostSpike", { team = "newer" })
  t:alert("LLMCostSpike", { workflow_id = "second" })
end)

test("where all together spend little, so must a newcomer", function(t)
  t:every("5m", "4d", usual)
  t:every("1m", "30m", { team = "new", workflow_id = "first", charge_usd = 1 })
  t:no_alert("LLMCostSpike")
  t:every("1m", "30m", { team = "new", workflow_id = "first", charge_usd = 1 })
  t:alert("LLMCostSpike", { team = "new" })
  t:alert("LLMCostSpike", { workflow_id = "first" })
end)

local function night(t, late)
  t:advance("2h")
  t:advance(late)
  t:every("5m", "1h", { team = "night", workflow_id = "job", charge_usd = 15 })
  t:advance(late == "0s" and "21h" or "20h30m")
end

test("a job of every night is none, from the second night on; later it may be late, or have been left out", function(t)
  for _ = 1, 8 do night(t, "0s") end
  night(t, "30m")
  t:advance("24h")
  for _ = 1, 6 do night(t, "0s") end
  night(t, "0s") -- a week after the one that was left out
  t:no_alert("LLMCostSpike")
end)

test("what burned at this hour yesterday is a spike again today", function(t)
  t:every("5m", "9d", usual)
  for _ = 1, 2 do
    t:every("1m", "50m", usual)
    t:alert("LLMCostSpike", { team = "search" })
    t:alert("LLMCostSpike", { workflow_id = "bot" })
    t:every("5m", "23h10m", usual)
  end
end)

-- Two weeks from a Thursday on: 30 $/h on weekdays from 9 to 18, else 1 $/h.
local function office(t, hours_later)
  local function event(i)
    local hour = math.floor(i / 12) - (i > 10 * 24 * 12 and hours_later or 0)
    local weekday, time = (3 + math.floor(hour / 24)) % 7, hour % 24
    return { team = "search", charge_usd = (weekday < 5 and time >= 9 and time < 18 and 30 or 1) / 12 }
  end
  t:at("2026-03-19")
  t:every("5m", "14d", event)
end

test("the first Monday and those that follow are none", function(t)
  office(t, 0)
  t:no_alert("LLMCostSpike")
end)

test("an office that begins an hour earlier or later by the clock is none", function(t)
  office(t, -1)
  t:no_alert("LLMCostSpike")
end)

test("nor later", function(t)
  office(t, 1)
  t:no_alert("LLMCostSpike")
end)

test("the factor is a setting", function(t)
  t:settings { factor = 10 }
  t:every("5m", "2d", usual)
  t:every("1m", "1h", usual)
  t:no_alert("LLMCostSpike")
end)
