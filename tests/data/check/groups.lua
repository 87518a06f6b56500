policy { name = "p" }
local function share(g) return g.valu / g.count end

for _, label in ipairs { "team", "tenant" } do
  local hour = window { sum = "charge_usd", over = "1h", by = { label } }
  rule("R", { over = hour, above = 1, labels = { by = label } }, function(group)
    return group[label] and group.teem and share(group)
  end)
end

local all = window { sum = "charge_usd", over = "1h" }
rule("All", { over = all, above = 1 }, function(group) return group.team and group:value() end)
budget("b", { by = { "team" }, over = "month" }, function(group) return group.tenant and 3 end)

for _, label in ipairs { "team", "tenant" } do
  local day = window { sum = "charge_usd", over = "24h", by = { label } }
  rule("Day", { over = day, above = 1, labels = { by = label } }, function(group)
    return group.value / day:get { team = "x", tenant = "y" }
  end)
end
