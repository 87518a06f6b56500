policy { name = "p" }

local function is_prod(e) return e.enviroment == "prod" end
local function alias(event)
  local copy = event
  return copy.workflow
end

derive("team", { needs = { "key_alais", "charge_usd" } }, function(ev)
  if ev:has_tags("x") or ev.has_tag("y") or ev:team() then return alias(ev) end
  return is_prod(ev) and "prod"
end)

classify({ "a" }, {}, function(ev) return ev.class and ev["total_token"] > 3 and "a" end)

window { name = "w", over = "1h", sum = function(ev) return ev.input_token end }
window { name = "v", over = "1h", sum = "charge_usd", where = function(ev) return ev.teem == "x" end }
