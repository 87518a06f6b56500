policy { name = "p" }

derive("team", {}, function(ev)
  if ev.key_alias then
    return "platform", "key"
  else
    return ev.project or "unknown"
  end
end)

derive("team", { needs = { "org" } }, function(ev) return ev.org end)
derive("team", { override = true }, function(ev) return ev.org end)
derive("tenant", { needs = { "org" } }, function() return "x" end)
derive("tenant", {}, function() return "y" end)
derive("tenant", {}, function() return "z" end)

classify({ "prod" }, {}, function() return "prod" end)
classify({ "test" }, {}, function() return "test" end)
