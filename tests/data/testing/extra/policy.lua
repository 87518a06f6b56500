policy { name = "extra" }

derive("workflow_id", { needs = { "team" } }, function(ev)
  return ev.team .. "-work"
end)
