policy {
  name = "markup", version = "1",
  data = { "terms" }, -- tenant: { markup: 0.2, minimum_usd: 0.001 }; default: those of all others
}

price({ of = "billed", needs = { "tenant" } }, function(ev)
  local terms = data.terms[ev.tenant] or data.terms.default
  if not terms or ev.status ~= "success" then return nil end
  local usd = ev.billed_usd * (1 + (terms.markup or 0))
  if usd < (terms.minimum_usd or 0) then return terms.minimum_usd, "minimum" end
  return usd, "markup"
end)

-- A counter never falls: a tenant with a discount has a loss instead of a negative margin.
counter("acme_margin_usd_total", {
  help = "What tenants are invoiced beyond its cost.", labels = { "tenant" }, needs = { "tenant" },
}, function(ev)
  local usd = ev.billed_usd - ev.charge_usd
  return usd > 0 and usd or nil, ev.tenant
end)

counter("acme_loss_usd_total", {
  help = "What tenants are invoiced below its cost.", labels = { "tenant" }, needs = { "tenant" },
}, function(ev)
  local usd = ev.charge_usd - ev.billed_usd
  return usd > 0 and usd or nil, ev.tenant
end)
