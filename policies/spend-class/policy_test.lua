for _, case in ipairs {
  { "prod", "environment", { environment = "production" } },
  { "prod", "tag", { tags = { "env:prod" } } },
  { "experiment", "default", { environment = "staging" } },
  { "experiment", "default", { retry_depth = 1, status = "success" } },
  { "retry_waste", "failed retry", { retry_depth = 1, status = "failure", environment = "prod" } },
} do
  local class, reason, event = case[1], case[2], case[3]

  test(("%s by %s: %s"):format(class, reason, event.environment or event.status or "tag"), function(t)
    local r = t:send(event)
    t:eq(r.class, class)
    t:eq(r.provenance.class.reason, reason)
  end)
end

test("which environments serve customers is a setting", function(t)
  t:settings { prod = "live" }
  t:eq(t:send({ environment = "live" }).class, "prod")
  t:eq(t:send({ environment = "prod" }).class, "experiment")
end)
