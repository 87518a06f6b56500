local keys = {
  workflow_by_key = { ["checkout-prod"] = "checkout", ["9f86d081"] = "nightly-report" },
  team_by_key = { ["checkout-prod"] = "payments" },
  tenant_by_key = { ["checkout-prod"] = "acme" },
}

test("a key's alias gives workflow, team and tenant", function(t)
  t:data(keys)
  local r = t:send { key_alias = "checkout-prod", charge_usd = 0.02 }
  t:eq(r.workflow_id, "checkout")
  t:eq(r.team, "payments")
  t:eq(r.tenant, "acme")
  t:eq(r.provenance.workflow_id.policy, "attribution")
  t:eq(r.provenance.workflow_id.reason, "key alias")
end)

-- What is known first wins: the gateway, then keys, then what the caller wrote.
local event = { key_alias = "checkout-prod", hashed_api_key = "9f86d081", tags = { "workflow:by-tag" },
  metadata = { workflow_id = "by-metadata" }, workflow_id = "by-gateway", charge_usd = 0.02 }

for _, case in ipairs {
  { "the gateway's word stays", "by-gateway" },
  { "then comes the key's alias", "checkout", "key alias", without = "workflow_id" },
  { "then the hashed key", "nightly-report", "hashed key", without = "key_alias" },
  { "then a tag", "by-tag", "tag", without = "hashed_api_key" },
} do
  local name, workflow, reason = case[1], case[2], case[3]
  event[case.without or "none"] = nil
  local sent = {}
  for key, value in pairs(event) do sent[key] = value end

  test(name, function(t)
    t:data(keys)
    local r = t:send(sent)
    t:eq(r.workflow_id, workflow)
    t:eq(r.provenance.workflow_id.reason, reason)
  end)
end

test("metadata comes last, by either of its names", function(t)
  t:data(keys)
  local r = t:send { metadata = { workflow = "report", team = "search", tenant = "acme" }, charge_usd = 1 }
  t:eq({ r.workflow_id, r.team, r.tenant }, { "report", "search", "acme" })
  t:eq(r.provenance.workflow_id.reason, "metadata")
  t:eq(t:send({ metadata = { workflow_id = "by-id", workflow = "by-word" }, charge_usd = 1 }).workflow_id, "by-id")
end)

test("a tag counts by its beginning", function(t)
  t:data(keys)
  local r = t:send { tags = { "urgent", "subteam:x", "team:search", "tenant:acme", "team:late" }, charge_usd = 1 }
  t:eq({ r.team, r.tenant, r.workflow_id }, { "search", "acme" })
  t:eq(r.provenance.team.reason, "tag")
end)

test("an unknown key leaves the label missing", function(t)
  t:data(keys)
  t:eq(t:send({ key_alias = "nobody", charge_usd = 1 }).workflow_id, nil)
end)
