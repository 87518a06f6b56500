-- One of each call that reads windows, so that the simulated clock can hold them to their word.
policy { name = "calls", version = "1" }

local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
local users = window { distinct = "end_user", by = { "team" }, over = "1h" }
local dearest = window { max = "charge_usd", by = { "team" }, over = "1h" }
local big = window { max = function(ev) return (ev.input_tokens or 0) > 1000 and ev.charge_usd or nil end,
  name = "big", by = { "team" }, over = "1h" }

gauge("acme_usd_per_user", { help = "Spend of the last hour by user.", over = hour }, function(group)
  local count = users:get(group)
  return count > 0 and group.value / count or nil
end)

histogram("acme_call_usd", { help = "Cost of a call.", labels = { "team" }, buckets = { 0.1, 1, 10 } }, function(ev)
  return ev.charge_usd, ev.team
end)

rule("Dear", { over = dearest, above = 5, hold = "5m", severity = "critical",
  annotations = function(group, value)
    return { detail = ("%s: a call of %.2f USD, of big ones %.2f, by one of %d users"):format(group.team, value,
      big:get(group), users:get(group)) }
  end }, function(group)
  return group.value
end)

budget("team-month", { by = { "team" }, over = "month", alert = "Budget", steps = { { 1, "critical" } }, forecast = { 1.5, "info" },
  burn = { { "1h", "5m", 14.4, "critical" }, { "6h", "30m", 6 } } }, function(group)
  return group.team == "search" and 744 or nil -- a dollar an hour in a month of 31 days
end)

budget("team-rolling", { by = { "team" }, over = "6h", alert = "Rolling", steps = { { 1, "warning" } } }, function(group)
  return group.team == "rolling" and 10 or nil
end)

-- An invoice from the 15th to the 14th, in the time of those who pay it.
budget("invoice", { by = { "team" }, over = "month", start_day = 15, time_zone = "America/New_York", alert = "Invoice",
  steps = { { 1, "critical" } } }, function(group)
  return group.team == "billed" and 100 or nil
end)

budget("week", { by = { "team" }, over = "week", start_day = "sunday", alert = "Week", steps = {}, burn = true }, function(group)
  return group.team == "weekly" and 168 or nil -- a dollar an hour
end)
