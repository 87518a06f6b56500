policy {
  name = "retry-storm", version = "1",
  settings = {
    share = 0.25,       -- of a workflow's spend that goes into retries
    floor_usd = 2,      -- of retries in 15 minutes: less wakes nobody
    requests = 20,      -- of a workflow in 15 minutes: fewer say little
    depth = 3,          -- a request is deep from this retry on
    deep_share = 0.05,  -- of a workflow's requests that are deep
  },
}

local by = { "team", "workflow_id" }
local spend = window { sum = "charge_usd", by = by, over = "15m" }
local retries = window { name = "retry_usd", by = by, over = "15m", sum = function(ev)
  if ev.retry_depth > 0 then return ev.charge_usd end
end }
local deep = window { name = "deep_retries", count = true, by = by, over = "15m", where = function(ev)
  return ev.retry_depth >= settings.depth
end }

local function says(text)
  return function(group, share)
    return { summary = text:format(group.workflow_id or "(no workflow)", group.team or "(no team)", 100 * share) }
  end
end

-- Retries that cost money: the answer came, but its caller had given up on it.
rule("LLMRetryStorm", {
  over = retries, above = settings.share, clear = settings.share / 2, min = settings.floor_usd, hold = "5m", keep = "10m", severity = "critical",
  annotations = says("%s of %s: retries are %.0f%% of its spend. Look at the client's timeout and at error_class."),
}, function(group)
  return spend:count(group) >= settings.requests and spend:get(group) > 0 and group.value / spend:get(group)
end)

-- Retries that cost nothing, as those of refused requests, but go on and on.
rule("LLMRetriesDeep", {
  over = deep, above = settings.deep_share, clear = settings.deep_share / 2, min = settings.requests, hold = "5m", keep = "10m",
  severity = "warning",
  annotations = says("%s of %s: %.0f%% of its requests are retries of retries. Look at the client's back-off and at error_class."),
}, function(group)
  return group.value / spend:count(group)
end)
