policy {
  name = "cache-regression", version = "1",
  settings = {
    fall = 0.5,    -- of the usual share of cached input: what is below it is a regression
    usual = 0.2,   -- share of cached input: where it was less there is little to lose
    unread = 0.25, -- tokens read for each one written: below it the cache costs more than it saves
    spend_usd = 5, -- in an hour: less is not looked at
    requests = 20, -- in an hour: fewer say little
  },
}

local by = { "workflow_id", "requested_model" }
local function tokens(field, over, offset)
  return window { sum = field, by = by, over = over, offset = offset }
end
local spend = window { sum = "charge_usd", by = by, over = "1h" } -- check: allow W401
local read, written, input = tokens("cache_read_tokens", "1h"), tokens("cache_write_tokens", "1h"), tokens("input_tokens", "1h")
local read_before, input_before = tokens("cache_read_tokens", "7d", "1h"), tokens("input_tokens", "7d", "1h")

local function share(group)
  return read:get(group) / math.max(input:get(group), 1)
end
local function usual_share(group)
  return read_before:get(group) / math.max(input_before:get(group), 1)
end

local clear = (1 + settings.fall) / 2
rule("LLMCacheMissRegression", {
  over = spend, below = settings.fall, clear = clear, min = settings.spend_usd, hold = "15m", severity = "warning",
  annotations = function(group)
    return { summary = ("%s with %s reads %.0f%% of its input from the cache; usual are %.0f%%. Look at what its prompts begin with."):format(
      group.workflow_id or "(no workflow)", group.requested_model or "(no model)", 100 * share(group), 100 * usual_share(group)) }
  end,
}, function(group)
  if group.count < settings.requests or usual_share(group) < settings.usual then return false end
  local rest = share(group) / usual_share(group)
  return (rest > clear or input_before:age(group) > 24 * 3600) and rest -- what is known for less than a day has no usual
end)

-- A written token costs a quarter more than a plain one, a read one nine tenths less.
rule("LLMCacheWritesUnread", {
  over = spend, below = settings.unread, clear = settings.unread * 1.5, min = settings.spend_usd, hold = "15m", severity = "warning",
  annotations = { summary = "{{workflow_id}} with {{requested_model}} writes its cache and hardly reads it. Do its prompts begin alike, and soon after each other?" },
}, function(group)
  local writes = written:get(group)
  return group.count >= settings.requests and writes > input:get(group) / 10 and read:get(group) / writes
end)
