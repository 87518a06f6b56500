policy {
  name = "unit-cost", version = "2",
  settings = {
    factor = 1.5,  -- times what the workflow's requests, or its tokens, cost as a rule
    floor_usd = 5, -- in an hour, that the version costs more than it would have: less wakes nobody
    requests = 20, -- of the version in an hour: fewer say little
  },
}

local version, workflow = { "workflow_id", "prompt_version" }, { "workflow_id" }
local answered, of_version = { status = "success" }, { status = "success", prompt_version = true }
local spend = window { sum = "charge_usd", by = version, over = "1h", where = of_version }
local tokens = window { sum = "total_tokens", by = version, over = "1h", where = of_version }
local spend_before = window { sum = "charge_usd", by = workflow, over = "7d", offset = "1h", where = answered }
local tokens_before = window { sum = "total_tokens", by = workflow, over = "7d", offset = "1h", where = answered }

-- How many times the usual `amount` of something costs, if that is worth a word and the workflow is known for a day.
local function dearer(group, amount, amount_before)
  if amount == 0 or amount_before == 0 or group.count < settings.requests then return false end
  local would_cost = amount * spend_before:get(group) / amount_before
  if would_cost == 0 or group.value - would_cost < settings.floor_usd then return false end
  return spend_before:age(group) > 24 * 3600 and group.value / would_cost
end

local function drift(name, unit, fn)
  rule(name, {
    over = spend, above = settings.factor, clear = (1 + settings.factor) / 2, hold = "15m", severity = "warning",
    annotations = { summary = "Prompt {{prompt_version}} of {{workflow_id}}: " .. unit .. " costs {{value:1}} times the usual of the last week. Compare what it sends, and to which model." },
  }, fn)
end

drift("LLMRequestCostDrift", "a request", function(group)
  return dearer(group, group.count, spend_before:count(group))
end)

drift("LLMTokenCostDrift", "a token", function(group)
  return dearer(group, tokens:get(group), tokens_before:get(group))
end)
