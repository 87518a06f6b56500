policy {
  name = "shop", version = "1",
  data = { "team_by_key" },
  settings = { factor = 2, noisy = false },
}

derive("team", { needs = { "key_alias" } }, function(ev)
  return data.team_by_key[ev.key_alias], "key alias"
end)

price({ needs = { "tenant" } }, function(ev)
  if ev.tenant == "broken" then error("no contract with " .. ev.tenant) end
  if ev.tenant == "acme" then return ev.charge_usd / 2, "half price" end
end)

classify({ "prod", "experiment" }, { default = "experiment" }, function(ev)
  if ev.environment == "prod" then return "prod", "environment" end
end)

counter("shop_orders_total", { help = "Orders.", labels = { "team" } }, function(ev)
  return 1, ev.team
end)

local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
local day = window { sum = "charge_usd", over = "day" }

rule("ShopSpend", { over = hour, steps = { { 10, "warning" }, { 20, "critical" } }, hold = "5m" }, function(group)
  return group.value / settings.factor
end)

rule("ShopDay", { over = day, above = 100, severity = "info" }, function(group)
  return group.value
end)

gauge("shop_usd", { help = "Spend of the last hour.", over = hour }, function(group)
  return group.value
end)

budget("shop-day", { by = { "team" }, over = "day", steps = {} }, function(group)
  return group.team and 50
end)

if settings.noisy then
  rule("ShopNoise", { over = hour, above = 0 }, function(group) return group.value end)
end
