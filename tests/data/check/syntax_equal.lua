policy { name = "syntax_equal" }

classify({ "waste" }, {}, function(ev)
  if ev.status = "failure" then return "waste" end
end)
