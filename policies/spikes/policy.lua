policy {
  name = "spikes", version = "3",
  settings = {
    factor = 3,        -- times the usual
    floor_usd = 5,     -- an hour: the usual is never taken to be less
    newcomer_usd = 75, -- an hour, on the first day: or what all spend together, if that is less
  },
}

local DAY = 24 * 3600 -- in seconds, as group.age is
local ended = settings.factor * 0.8 -- below it a spike has ended
local all = window { sum = "charge_usd", over = "7d", offset = "1h" }

for _, label in ipairs { "team", "workflow_id" } do
  local function spend(over, offset)
    return window { sum = "charge_usd", by = { label }, over = over, offset = offset }
  end
  local hour, day = spend("1h"), spend("24h", "1h")
  local last_week, before, after = spend("1h", "168h"), spend("1h", "169h"), spend("1h", "167h")
  local days = { spend("1h", "24h"), spend("1h", "48h"), spend("1h", "72h"), spend("1h", "96h") }

  -- This hour on the four days before: of the busiest, and of the second.
  local function busiest(group)
    local first, second = 0, 0
    for _, at in ipairs(days) do
      local usd = at:get(group)
      if usd > first then first, second = usd, first elseif usd > second then second = usd end
    end
    return first, second
  end

  local function usual(group)
    local first, second = busiest(group)
    local usd = math.max(settings.floor_usd, day:per("1h", group) or 0, second)
    if group.value < usd * ended then return usd end -- as nearly always: no spike, and no more to ask
    if group.age > 7 * DAY then -- the hours beside it count half: jobs are late, and clocks change
      return math.max(usd, last_week:get(group), before:get(group) / 2, after:get(group) / 2)
    end
    local newcomer = group.age < DAY and math.min(all:per("1h") or settings.newcomer_usd, settings.newcomer_usd) or 0
    return math.max(usd, first, newcomer)
  end

  -- check: allow W401 (it is for the summary alone)
  local parts = window { sum = "charge_usd", by = { label, "key_alias", "requested_model" }, over = "1h" }

  rule("LLMCostSpike", {
    over = hour, above = settings.factor, clear = ended, hold = "5m", severity = "critical",
    labels = { dimension = label },
    annotations = function(group)
      local part = parts:top(1, group)[1] or { value = 0 }
      return {
        summary = (group[label] and "Spend of " .. label .. " {{" .. label .. "}}" or "Spend without a " .. label)
          .. ": the last hour is {{value:1}} times the usual.",
        detail = ("It began at $%.2f in an hour; usual are $%.2f. The largest part, $%.2f, was key %s with %s."):format(
          group.value, usual(group), part.value, part.key_alias or "(none)", part.requested_model or "(no model)"),
      }
    end,
  }, function(group)
    return group.value / usual(group)
  end)
end
