policy {
  name = "agent-loop", version = "2",
  settings = {
    factor = 10,        -- times the usual
    requests = 10,      -- of the session in an hour, of the workflow in five minutes: fewer are no loop
    session_usd = 20,   -- of a session in an hour: less is no loop
    newcomer_usd = 225, -- the same, if its workflow had no other session in the day before
    workflow_usd = 25,  -- of a workflow in five minutes: less is no loop
  },
}

-- A session's last hour against its own mean hour of the day before, and against what other sessions of its workflow cost.
local has_session, by = { session_id = true }, { "team", "workflow_id", "session_id" }
-- check: allow W401 (what is beyond the cap is no session, and alerts nobody)
local session = window { sum = "charge_usd", by = by, over = "1h", where = has_session }
-- check: allow W401
local own = window { sum = "charge_usd", by = by, over = "24h", offset = "1h", where = has_session }
local all = window { sum = "charge_usd", by = { "workflow_id" }, over = "24h", offset = "1h", where = has_session }
local sessions = window { distinct = "session_id", by = { "workflow_id" }, over = "24h", offset = "1h" }

rule("LLMSessionRunaway", {
  over = session, above = settings.factor, clear = settings.factor / 2, min = settings.session_usd, severity = "critical",
  annotations = { summary = "A session of {{workflow_id}} costs {{value:1}} times what they usually do: {{session_id}}. Is its agent in a loop?" },
}, function(group)
  if group.count < settings.requests or group.session_id == "__other__" then return false end
  local others = sessions:get(group) - (own:count(group) > 0 and 1 or 0)
  local theirs = others > 0 and (all:get(group) - own:get(group)) / others or settings.newcomer_usd / settings.factor
  return group.value / math.max(own:per("1h", group) or 0, theirs, settings.session_usd / settings.factor)
end)

-- A workflow's last five minutes against its mean of a day, and this hour and those beside it, yesterday and last week.
local function spend(over, offset)
  return window { sum = "charge_usd", by = { "workflow_id" }, over = over, offset = offset }
end
local minutes, day, hours = spend("5m"), spend("24h", "1h"), {}
for i, offset in ipairs { "23h", "24h", "25h", "167h", "168h", "169h" } do hours[i] = spend("1h", offset) end

rule("LLMWorkflowRunaway", {
  over = minutes, above = settings.factor, clear = settings.factor / 2, min = settings.workflow_usd, hold = "2m", severity = "critical",
  annotations = { summary = "Workflow {{workflow_id}} spends {{value:1}} times the usual since minutes. Look at its sessions and keys." },
}, function(group)
  if group.count < settings.requests then return false end
  local usual = math.max(day:per("5m", group) or 0, settings.workflow_usd / settings.factor)
  for _, hour in ipairs(hours) do usual = math.max(usual, hour:get(group) / 12) end
  return group.value / usual
end)
