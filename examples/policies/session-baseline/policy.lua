policy {
  name = "session-baseline", version = "1",
  -- times the usual; dollars that a session may spend in any case; sessions that make a usual
  settings = { factor = 20, floor_usd = 1, sessions = 20 },
}

local session = window { -- check: allow W401
  sum = "charge_usd", by = { "workflow_id", "session_id" }, over = "1h", where = { session_id = true },
}

-- The last hour is left out, or a loop would raise its own bar.
local spend = window {
  sum = "charge_usd", by = { "workflow_id" }, over = "7d", offset = "1h", where = { session_id = true },
}
local sessions = window { distinct = "session_id", by = { "workflow_id" }, over = "7d", offset = "1h" }

local function usual_usd(group)
  return spend:get(group) / sessions:get(group)
end

rule("AcmeSessionLoop", {
  over = session, above = settings.factor, min = settings.floor_usd, hold = "2m", keep = "10m", severity = "warning",
  annotations = function(group)
    return {
      summary = "A session of {{workflow_id}} spends {{value:1}} times what its sessions usually do",
      session = ("%d requests and %.2f USD in the last hour; usual are %.2f USD"):format(group.count, group.value, usual_usd(group)),
    }
  end,
}, function(group)
  return sessions:get(group) >= settings.sessions and group.value / usual_usd(group)
end)
