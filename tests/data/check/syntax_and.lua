policy { name = "syntax_and" }

classify({ "waste" }, {}, function(ev)
  if ev.team && ev.tenant then return "waste" end
end)
