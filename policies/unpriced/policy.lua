policy {
  name = "unpriced", version = "1",
  settings = {
    share = 0.01,  -- of the requests
    requests = 10, -- without a price in an hour: fewer wake nobody
  },
}

local all = window { count = true, over = "1h" }
local unpriced = window {
  name = "unpriced_requests", over = "1h",
  where = { price_status = { "unpriced", "model_missing", "usage_missing", "invalid_usage" } },
  sum = function(ev)
    if ev.charge_usd == 0 then return 1 end -- or else the gateway said what it cost
  end,
}

rule("LLMUnpricedShareHigh", {
  over = unpriced, above = settings.share, clear = settings.share / 2, min = settings.requests, hold = "10m", severity = "warning",
  annotations = function(group, share)
    return { summary = ("%.1f%% of the requests are booked at $0 because no price is known. "
      .. "Ask llm_unpriced_requests_total which model and why, and add it to an overlay."):format(100 * share) }
  end,
}, function(group)
  return group.value > 0 and group.value / all:get()
end)
