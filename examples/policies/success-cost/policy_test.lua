test("failures make successes dearer", function(t)
  t:send { team = "search", charge_usd = 1, status = "success" }
  t:tick()
  t:eq(t:gauge("acme_usd_per_success", { team = "search" }), 1)
  t:send { team = "search", charge_usd = 2, status = "failure" }
  t:send { team = "ml", charge_usd = 5, status = "success" }
  t:tick()
  t:eq(t:gauge("acme_usd_per_success", { team = "search" }), 3)
end)

test("without a success there is no cost of one", function(t)
  t:send { team = "search", charge_usd = 1, status = "failure" }
  t:tick()
  t:eq(t:gauge("acme_usd_per_success", { team = "search" }), nil)
end)

test("prompts are counted by size, requests without usage are not", function(t)
  t:send { team = "search", input_tokens = 1000 }
  t:send { team = "search", input_tokens = 100000 }
  t:send { team = "search", status = "failure" }
  local prompts = t:histogram("acme_prompt_tokens", { team = "search" })
  t:eq(prompts.count, 2)
  t:eq(prompts.sum, 101000)
  t:eq(prompts.buckets, { [500] = 0, [2000] = 1, [8000] = 1, [32000] = 1, [128000] = 2, [math.huge] = 2 })
end)
