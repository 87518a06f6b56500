local terms = { terms = {
  acme = { markup = 0.2 },
  small = { markup = 0.1, minimum_usd = 0.01 },
  friend = { markup = -0.5 },
} }

for _, case in ipairs {
  { "a markup",            "acme",   1,     1.2,  "markup" },
  { "the minimum",         "small",  0.001, 0.01, "minimum" },
  { "above the minimum",   "small",  1,     1.1,  "markup" },
  { "a discount",          "friend", 1,     0.5,  "markup" },
  { "no terms",            "nobody", 2,     2,    nil },
  { "no tenant",           nil,      2,     2,    nil },
} do
  local name, tenant, cost, billed, reason = case[1], case[2], case[3], case[4], case[5]

  test(name, function(t)
    t:data(terms)
    local r = t:send { tenant = tenant, charge_usd = cost }
    t:near(r.billed_usd, billed)
    t:eq(r.charge_usd, cost)
    t:eq(r.price.steps[1] and r.price.steps[1].reason, reason)
    t:near(t:counter("llm_spend_usd_total"), cost)
    t:near(t:counter("acme_margin_usd_total"), math.max(0, billed - cost))
    t:near(t:counter("acme_loss_usd_total"), math.max(0, cost - billed))
  end)
end

test("who is not named has the default terms", function(t)
  t:data { terms = { default = { markup = 1 } } }
  t:eq(t:send({ tenant = "nobody", charge_usd = 2 }).billed_usd, 4)
end)

test("a failure is invoiced at its cost", function(t)
  t:data(terms)
  t:eq(t:send({ tenant = "small", status = "failure", charge_usd = 0.001 }).billed_usd, 0.001)
end)
