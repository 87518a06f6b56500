policy {
  name = "unpriced", version = "1",
  settings = {
    share = 0.01,  -- of the requests
    requests = 10, -- without a price in an hour: fewer wake nobody
  },
}

local function unpriced(name, by)
  return window {
    name = name, by = by, over = "1h",
    where = { price_status = { "unpriced", "model_missing", "usage_missing", "invalid_usage" } },
    sum = function(ev)
      if ev.charge_usd == 0 then return 1 end -- or else the gateway said what it cost
    end,
  }
end
local all, none = window { count = true, over = "1h" }, unpriced("unpriced_requests")
local by_model = unpriced("unpriced_by_model", { "ai_system", "requested_model", "price_status" }) -- check: allow W401

rule("LLMUnpricedShareHigh", {
  over = none, above = settings.share, clear = settings.share / 2, min = settings.requests, hold = "10m", severity = "warning",
  annotations = function(group, share)
    local part = by_model:top(1)[1] or {}
    return { summary = ("%.1f%% of the requests are booked at $0 because no price is known, most of them for %s (%s, %s)."):format(
      100 * share, part.requested_model or "(no model)", part.ai_system or "no provider", part.price_status or "") }
  end,
}, function(group)
  return group.value > 0 and group.value / all:get()
end)
