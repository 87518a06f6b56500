policy {
  name = "silence", version = "1",
  settings = {
    requests = 20, -- that were there in this hour yesterday or last week: where there were fewer an empty hour is chance
  },
}

local function requests(over, offset)
  return window { count = true, by = { "source" }, over = over, offset = offset }
end
-- The hours beside it too: an office may begin an hour later when clocks change.
local function hours_ago(n)
  local same, before, after = requests("1h", n .. "h"), requests("1h", (n + 1) .. "h"), requests("1h", (n - 1) .. "h")
  return function(group)
    return math.min(same:get(group), before:get(group), after:get(group))
  end
end
local week, hour = requests("7d"), requests("1h") -- who has sent anything within a week is asked for
local yesterday, last_week = hours_ago(24), hours_ago(168)

rule("LLMSourceSilent", {
  over = week, hold = "5m", severity = "critical",
  annotations = { summary = "{{source}} has sent nothing for an hour. Look at the gateway, its callback and its logs: what it does not send is nowhere." },
}, function(group)
  if hour:get(group) > 0 then return false end
  local usual = group.age > 7 * 24 * 3600 and last_week(group) or yesterday(group)
  return usual >= settings.requests
end)
