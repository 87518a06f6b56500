policy { name = "success-cost", version = "1" }

local spend = window { sum = "charge_usd", by = { "team" }, over = "1h" }
local successes = window { count = true, by = { "team" }, over = "1h", where = { status = "success" } }

-- Failures and retries cost too: what a request that worked has really cost.
gauge("acme_usd_per_success", { help = "Spend of the last hour for each request that succeeded.", over = spend }, function(group)
  local count = successes:get(group)
  return count > 0 and group.value / count or nil
end)

histogram("acme_prompt_tokens", {
  help = "Input tokens of a request, cached ones included.", labels = { "team" }, needs = { "input_tokens" },
  buckets = { 500, 2000, 8000, 32000, 128000 },
}, function(ev)
  return ev.input_tokens, ev.team
end)
