policy {
  name = "spend-class", version = "1",
  settings = { prod = "prod production live" }, -- environments that serve customers
}

local is_prod = {}
for name in settings.prod:gmatch("%S+") do is_prod[name] = true end

classify({ "prod", "experiment", "retry_waste" }, { default = "experiment" }, function(ev)
  if ev.retry_depth > 0 and ev.status ~= "success" then return "retry_waste", "failed retry" end
  if ev.environment and is_prod[ev.environment] then return "prod", "environment" end
  if ev:has_tag("env:prod") then return "prod", "tag" end
end)
