policy { name = "p" }
window { count = true, over = "1h", where = { team = {} } }
window { count = true, over = "1h", where = { status = "error" } }
window { count = true, over = "1h", where = { status = { "success", "timeout" }, price_status = "free" } }
window { count = true, over = "1h", by = { "team" }, where = { team = false } }
window { count = true, over = "1h", where = { retry_depth = "1", teem = true } }

derive("team", {}, function(ev)
  return ev.status ~= "ok" and "x"
end)
