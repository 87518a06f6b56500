policy { name = "syntax_not_equal" }

classify({ "waste" }, {}, function(ev)
  if ev.status != "success" then return "waste" end
end)
