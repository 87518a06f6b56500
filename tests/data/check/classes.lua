policy { name = "p" }
classify({ "prod", "experiment", "retry_waste" }, { default = "experment" }, function(ev)
  if ev.retry_depth > 0 then return "retry", "failed retry" end
  return ev.environment == "prod" and "production" or "prod"
end)

classify({ "other" }, {}, function(ev) return ev:has_tag("other") and "other" end)
local w = window { count = true, over = "1h", where = { class = "wate" } }
