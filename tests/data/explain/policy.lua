policy { name = "everything", data = { "team_by_key" }, settings = { discount = 0.85 } }

derive("team", { needs = { "key_alias" } }, function(ev)
  return data.team_by_key[ev.key_alias], "key alias"
end)

derive("tenant", { override = true }, function(ev)
  if ev.tenant == "globex" then return "acme", "moved in 2026" end
end)

derive("workflow_id", { needs = { "key_alias", "prompt_version" } }, function(ev)
  return ev.key_alias, "prompt"
end)

derive("workflow_id", {}, function(ev)
  if ev:has_tag("workflow") then return "tagged" end
end)

derive("team", {}, function() return "nobody" end)

derive("environment", {}, function(ev)
  return ev.metadata.job.name
end)

price({ needs = { "ai_system" } }, function(ev)
  return ev.charge_usd * settings.discount, "contract 2026"
end)

price({ of = "billed" }, function(ev) return ev.billed_usd * 1.2, "markup" end)

price({ of = "billed" }, function() return -1 end)

classify({ "retry_waste" }, {}, function(ev)
  if ev.retry_depth > 3 then return "retry_waste", "deep" end
end)

classify({ "prod", "experiment" }, { default = "experiment" }, function(ev)
  if ev.environment == "prod" then return "prod" end
end)

counter("acme_retry_spend_usd_total", { help = "Spend on retries.", labels = { "team", "tag" } }, function(ev)
  if ev.retry_depth > 0 then return ev.charge_usd, ev.team, ev.tags[1] end
end)

counter("acme_sessions_total", { help = "Sessions.", needs = { "session_id" } }, function() return 1 end)

local depth = window { sum = function(ev) return ev.retry_depth end, name = "depth", by = { "team" }, over = "1h" }

rule("Deep", { over = depth, above = 10 }, function(group) return group.value end)

budget("team-month", { by = { "team" }, over = "month" }, function() return 100 end)

budget("live-month", { over = "month", where = { environment = "live" } }, function() return 100 end)

rule("Tokens", { over = window { max = "total_tokens", by = { "team", "agent" }, over = "1h" }, above = 10 },
  function(group) return group.value end)

rule("Failures", { over = window { count = true, over = "1h", where = { status = "failure" } }, above = 10 },
  function(group) return group.value end)

gauge("acme_keys", { help = "Keys in use.", over = window { distinct = "key_alias", over = "1h" } },
  function(group) return group.value end)
