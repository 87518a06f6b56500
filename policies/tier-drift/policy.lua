policy {
  name = "tier-drift", version = "1",
  settings = {
    share = 0.1,     -- of a team's spend on a model, that dearer answers add to it
    floor_usd = 5,   -- that they add in an hour: less wakes nobody
    fallbacks = 0.2, -- of its requests, that a model of another price answers
    spend_usd = 10,  -- in an hour: of less spend fallbacks are not looked at
    requests = 20,   -- in an hour: fewer say little
  },
}

local by = { "team", "requested_model" }
local spend = window { sum = "charge_usd", by = by, over = "1h" }

-- What an answer costs more than one of the model that was asked for, or 0; nothing if it is of that model. Both are list
-- prices, by which two names of one model are told: they cost the same.
local extra = window { name = "tier_extra_usd", by = by, over = "1h", sum = function(ev)
  if ev.response_model == ev.requested_model then return end
  local asked, got = ev.requested_model_usd, ev.computed_usd
  if asked and got and asked ~= got then return math.max(got - asked, 0) end
end }

local function says(text)
  return function(group, share)
    return { summary = text:format(group.requested_model or "(none)", group.team or "(no team)", 100 * share) }
  end
end

rule("LLMTierDrift", {
  over = extra, above = settings.share, clear = settings.share / 2, min = settings.floor_usd, hold = "10m", severity = "warning",
  annotations = says("%s, asked for by %s, is answered by dearer models: %.0f%% of the spend. Look at the gateway's routes and fallbacks."),
}, function(group)
  return spend:count(group) >= settings.requests and spend:get(group) > 0 and group.value / spend:get(group)
end)

rule("LLMFallbackShareHigh", {
  over = spend, above = settings.fallbacks, clear = settings.fallbacks / 2, min = settings.spend_usd, hold = "10m", severity = "warning",
  annotations = says("%s, asked for by %s, is answered by models of another price in %.0f%% of the requests. Is it down, or out of quota?"),
}, function(group)
  return group.count >= settings.requests and extra:count(group) / group.count
end)
