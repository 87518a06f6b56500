policy { name = "p" }

derive("team", {}, function(ev)
  return ev.teem
end)
local x = nil + 1
