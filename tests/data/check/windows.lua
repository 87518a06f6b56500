policy { name = "p" }
local hour = window { sum = "charge_usd", over = "1h", by = { "team" } }
local early = hour:get()

derive("team", {}, function(ev)
  return hour:get { team = "x" } > 3 and "big"
end)

rule("R", { over = hour, above = 1 }, function(group)
  return hour:sum(group) + hour.get(group) + hour:per("1 h", group) + hour.total
end)
