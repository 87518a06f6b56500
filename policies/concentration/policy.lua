policy {
  name = "concentration", version = "1",
  settings = {
    label = "endpoint", -- or any other label: agent, project, team, ...
    share = 0.5,        -- of a day's spend
    more = 0.2,         -- than its usual share: what has always been so is no news
    floor_usd = 50,     -- of a day: less wakes nobody
  },
}

local label = settings.label
local spend = window { sum = "charge_usd", by = { label }, over = "24h", where = { [label] = true } }
local spend_before = window { sum = "charge_usd", by = { label }, over = "7d", offset = "24h" }
local all, all_before = window { sum = "charge_usd", over = "24h" }, window { sum = "charge_usd", over = "7d", offset = "24h" }

rule("LLMSpendConcentrated", {
  over = spend, above = settings.share, clear = settings.share * 0.9, min = settings.floor_usd, hold = "30m", severity = "warning",
  annotations = function(group, share)
    return { summary = ("%s %s has %.0f%% of the spend of 24 hours. Look at who calls it, and whether it may stand alone."):format(
      label, group[label], 100 * share) }
  end,
}, function(group)
  if not all_before:per("1h") then return false end -- half a week was seen
  local share = group.value / all:get()
  return share > spend_before:get(group) / all_before:get() + settings.more and share
end)
