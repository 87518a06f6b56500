policy { name = "p" }

derive("team", {}, function(ev)
  if ev.team then
    return "x"
end)
