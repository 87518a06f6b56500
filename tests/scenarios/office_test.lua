-- All shipped policies over four weeks of an office: whom do they wake for nothing, and do they see what is wrong?
-- An event stands for many. Run with office.yaml.
use {
  "../../policies/attribution", "../../policies/spend-class", "../../policies/budgets", "../../policies/spikes",
  "../../policies/coverage", "../../policies/retry-storm", "../../policies/agent-loop", "../../policies/unlabelled-burst",
  "../../policies/tier-drift", "../../policies/cache-regression", "../../policies/unit-cost", "../../policies/concentration",
  "../../policies/unpriced", "../../policies/silence",
}

local HOUR, DAY = 3600, 86400

-- --- who works there ---

-- Provider; USD per token in, read from the cache, out.
local MODELS = {
  ["gpt-4o"] = { "openai", 2.5e-6, 1.25e-6, 10e-6 },
  ["gpt-4o-mini"] = { "openai", 0.15e-6, 0.075e-6, 0.6e-6 },
  ["gpt-5-mini"] = { "openai", 0.25e-6, 0.025e-6, 2e-6 },
  ["mistral-large-latest"] = { "mistral", 2e-6, 2e-6, 6e-6 },
}

-- Team, its share of the spend, tenant; of each workflow: name, share of the team's, model, endpoint, cached share of input.
local TEAMS = {
  { "search", 0.20, "shop-eu", { "product-search", 0.7, "gpt-4o", "/chat/completions", 0.6 }, { "rerank", 0.3, "gpt-4o-mini", "/embeddings", 0 } },
  { "support", 0.16, "shop-eu", { "ticket-triage", 0.6, "gpt-5-mini", "/responses", 0.5 }, { "ticket-answers", 0.4, "gpt-4o", "/responses", 0.7 } },
  { "checkout", 0.12, "shop-us", { "fraud-review", 1, "mistral-large-latest", "/chat/completions", 0 } },
  { "research", 0.12, "internal", { "agents", 0.6, "gpt-4o", "/responses", 0.5 }, { "notebooks", 0.4, "gpt-4o", "/chat/completions", 0.2 } },
  { "sales", 0.10, "shop-us", { "lead-scoring", 0.6, "gpt-4o-mini", "/responses", 0.4 }, { "mail-drafts", 0.4, "gpt-4o", "/chat/completions", 0.5 } },
  { "docs", 0.08, "internal", { "translations", 1, "gpt-5-mini", "/responses", 0.3 } },
  { "marketing", 0.07, "shop-eu", { "campaigns", 1, "gpt-4o", "/chat/completions", 0.4 } },
  { "legal", 0.06, "internal", { "contracts", 1, "gpt-4o", "/responses", 0.6 } },
  { "data", 0.05, "internal", { "sql-helper", 1, "gpt-4o", "/chat/completions", 0.5 } },
  { "ml", 0.04, "internal", { "labelling", 1, "gpt-4o-mini", "/embeddings", 0 } },
}

-- What they spend in a mean month, and what the nightly job does. Limits are a quarter above.
local MONTH_USD, JOB_USD = 25700, 6080

local workflows = {}
local data = { workflow_by_key = {}, team_by_key = {}, tenant_by_key = {}, budgets = {} }
for _, team in ipairs(TEAMS) do
  for i = 4, #team do
    local name, share, model, endpoint, cached = unpack(team[i])
    local key = name .. "-key"
    workflows[#workflows + 1] = { team = team[1], name = name, share = team[2] * share, model = model, endpoint = endpoint,
      cached = cached, key = key, has_sessions = team[1] == "research", calls = name == "product-search" and 2 or 1 }
    data.workflow_by_key[key], data.team_by_key[key], data.tenant_by_key[key] = name, team[1], team[3]
  end
  data.budgets[team[1]] = 1.25 * (MONTH_USD * team[2] + (team[1] == "data" and JOB_USD or 0))
end

-- --- their clock: Europe/Berlin ---

local SPRING, AUTUMN = 1774746000, 1792890000 -- when clocks change in 2026

-- Days since 1970, Monday = 0, and the hour of the day.
local function clock(now)
  local seconds = now + ((now >= SPRING and now < AUTUMN) and 2 or 1) * HOUR
  local day = math.floor(seconds / DAY)
  return day, (day + 3) % 7, math.floor(seconds / HOUR) % 24
end

-- USD an hour, and how many steps of 5 minutes lie between two events of a workflow.
local function pace(weekday, hour)
  if weekday >= 5 or hour < 9 or hour >= 18 then return 10, 10 end
  return weekday == 0 and 120 or 100, 1
end

-- --- their spend ---

-- Park and Miller's numbers: every run has the same noise.
local function random(seed)
  return function()
    seed = seed * 16807 % 2147483647
    return seed / 2147483647
  end
end

-- 1,000 tokens in for 200 out, and as many of both as cost so much.
local function priced(event, usd, cached)
  local model = MODELS[event.requested_model]
  local times = usd / (1000 * ((1 - cached) * model[2] + cached * model[3]) + 200 * model[4])
  event.ai_system, event.response_model, event.charge_usd = model[1], event.requested_model, usd
  event.input_tokens, event.output_tokens = math.floor(1000 * times), math.floor(200 * times)
  event.cache_read_tokens = math.floor(1000 * times * cached)
  return event
end

-- Of a hundred calls three are retries that succeed and two fail; of a thousand two have a model that nobody can price.
local function call(office, workflow, now, usd)
  local chance = office.random()
  local event = priced({ key_alias = workflow.key, requested_model = workflow.model, endpoint = workflow.endpoint, environment = "prod",
    prompt_version = "v1", session_id = workflow.has_sessions and workflow.name .. math.floor(now / HOUR) or nil,
  }, usd, workflow.cached * (0.8 + 0.4 * office.random()))
  if chance < 0.03 then
    event.retry_depth = 1
  elseif chance > 0.98 then
    event.status, event.charge_usd, event.input_tokens, event.output_tokens, event.cache_read_tokens = "failure", 0
  elseif chance > 0.5 and chance < 0.502 then
    event.requested_model, event.response_model, event.charge_usd = "brand-new", "brand-new"
  end
  return event
end

local function add_calls(office, list, workflow, now, usd, change)
  for _ = 1, workflow.calls do
    local event = call(office, workflow, now, usd / workflow.calls)
    list[#list + 1] = event
    if change then change(event, workflow, list) end
  end
end

-- What comes at that moment. `change(event, workflow, list)` may alter an event, and add others.
local function events(office, now, change)
  local day, weekday, hour = clock(now)
  local usd_per_hour, every = pace(weekday, hour)
  local step, list = math.floor(now / 300), {}
  for i, workflow in ipairs(workflows) do
    if (step + i) % every == 0 then
      local of_the_day = 0.9 + 0.2 * ((day * 7 + i * 3) % 11) / 10
      local usd = usd_per_hour * workflow.share * every / 12 * of_the_day * (0.7 + 0.6 * office.random())
      add_calls(office, list, workflow, now, usd, change)
    end
  end
  local _, _, hour_before = clock(now - HOUR)
  if hour == 2 and hour_before ~= 2 then -- as cron: once in the night that has this hour twice
    list[#list + 1] = priced({ team = "data", tenant = "internal", workflow_id = "nightly-report", requested_model = "gpt-4o-mini",
      session_id = "night" .. day, prompt_version = "v1", endpoint = "/batches" }, 200 / 12, 0)
  end
  list[#list + 1] = { key_alias = "scratch", charge_usd = usd_per_hour * 0.01 / 12, requested_model = "gpt-4o", input_tokens = 100 }
  return list
end

local function new_office(t, start, forecast, seed)
  t:zone("Europe/Berlin")
  t:at(start)
  t:data(data)
  t:settings { budgets = { forecast = forecast, burn = true } }
  return { t = t, random = random(seed or 42) }
end

local function work(office, total, change)
  office.t:every("5m", total, function(_, now) return events(office, now, change) end)
end

-- --- four weeks ---

-- Change for `work`: `n` calls instead of one, of as many sessions.
local function times(n, team)
  return function(event, workflow, list)
    for i = 2, workflow.team == team and n or 1 do
      local more = {}
      for key, value in pairs(event) do more[key] = value end
      more.session_id, more.retry_depth = more.session_id .. "-" .. i, nil
      list[#list + 1] = more
    end
  end
end

-- With 99 the ten times take longest to show.
for _, seed in ipairs { 42, 99 } do
  test(("four weeks and a clock put forward wake nobody; then a team at ten times and a new one are told, seed %d"):format(seed), function(t)
    local office = new_office(t, "2026-03-16", 1, seed)
    work(office, "28d9h") -- to Monday, 10:00
    t:eq({ clock(t:now()) }, { 20556, 0, 10 })
    t:no_alert()
    work(office, "25m", times(10, "research"))
    t:alert("LLMCostSpike", { team = "research" }, "critical")
    t:alert("LLMCostSpike", { workflow_id = "agents" })
    t:alert("LLMCostSpike", { workflow_id = "notebooks" })
    work(office, "3h")
    t:resolved("LLMCostSpike")
    work(office, "1h", function(_, workflow, list)
      if workflow.name ~= "rerank" then return end
      list[#list + 1] = { team = "labs", workflow_id = "labs-bot", tenant = "internal", charge_usd = 25 }
    end)
    t:alert("LLMCostSpike", { team = "labs" }, "critical")
    t:alert("LLMCostSpike", { workflow_id = "labs-bot" })
    work(office, "1d")
  end)
end

test("a week and the Monday after a clock is put back wake nobody", function(t)
  work(new_office(t, "2026-10-19", 1), "9d")
end)

-- --- what goes wrong on a Wednesday at 10: this is told, and nothing else ---

local function wednesday(name, fn)
  test(name, function(t)
    local office = new_office(t, "2026-06-02", 0) -- a Tuesday says little of a month
    work(office, "34h")
    fn(t, office)
    work(office, "3h")
    for _, alert in ipairs(t:alerts()) do t:ok(alert.state == "resolved", alert.name) end
  end)
end

-- A change for the calls of one workflow that succeed and have a price.
local function of(name, change)
  return function(event, workflow, list)
    if workflow.name == name and not event.status and event.charge_usd then change(event, list) end
  end
end

wednesday("a retry storm, paid and refused", function(t, office)
  work(office, "1h", of("product-search", function(event, list)
    for depth = 1, 3 do
      list[#list + 1] = { key_alias = event.key_alias, requested_model = "gpt-4o", ai_system = "openai", retry_depth = depth,
        charge_usd = depth == 1 and event.charge_usd or 0, input_tokens = 1000, status = depth == 1 and "success" or "failure" }
      for _ = 1, depth == 3 and 6 or 0 do
        list[#list + 1] = { key_alias = event.key_alias, requested_model = "gpt-4o", retry_depth = 4, status = "failure" }
      end
    end
  end))
  t:alert("LLMRetryStorm", { workflow_id = "product-search" }, "critical")
  t:alert("LLMRetriesDeep", { workflow_id = "product-search" }, "warning")
end)

wednesday("a prompt that is not cached any more", function(t, office)
  work(office, "90m", of("product-search", function(event)
    event.charge_usd = event.charge_usd + event.cache_read_tokens * 1.25e-6
    event.cache_read_tokens = 0
  end))
  t:alert("LLMCacheMissRegression", { workflow_id = "product-search", requested_model = "gpt-4o" }, "warning")
end)

wednesday("a model that nobody can price", function(t, office)
  work(office, "90m", of("rerank", function(event)
    event.requested_model, event.response_model, event.charge_usd = "brand-new", "brand-new"
  end))
  t:alert("LLMUnpricedShareHigh", {}, "warning")
end)

wednesday("an hour of silence", function(t)
  t:advance("70m")
  t:alert("LLMSourceSilent", { source = "generic" }, "critical")
end)

wednesday("a session in a loop", function(t, office)
  work(office, "55m", of("agents", function(event, list)
    for _ = 1, 8 do
      list[#list + 1] = priced({ key_alias = "agents-key", requested_model = "gpt-4o", endpoint = "/responses", prompt_version = "v1",
        session_id = "loop" }, event.charge_usd, 0.5)
    end
  end))
  t:alert("LLMSessionRunaway", { session_id = "loop", team = "research" }, "critical")
  t:alert("LLMCostSpike", { team = "research" }) -- 60 $/h beside 12
  t:alert("LLMCostSpike", { workflow_id = "agents" })
end)

wednesday("answers of a dearer model", function(t, office)
  t:expect("LLMTokenCostDrift", { workflow_id = "lead-scoring" }) -- nor are its tokens what they were
  work(office, "90m", of("lead-scoring", function(_, list)
    for i = 1, 2 do
      local event = priced({ key_alias = "lead-scoring-key", requested_model = "gpt-4o-mini", endpoint = "/responses", prompt_version = "v1" }, 0.035, 0.4)
      if i == 2 then event.response_model, event.charge_usd = "gpt-4o", event.charge_usd * 16.67 end
      list[#list + 1] = event
    end
  end))
  t:alert("LLMTierDrift", { team = "sales", requested_model = "gpt-4o-mini" }, "warning")
  t:alert("LLMFallbackShareHigh", { team = "sales", requested_model = "gpt-4o-mini" })
end)

wednesday("a prompt that is twice as long", function(t, office)
  work(office, "90m", of("product-search", function(event)
    event.prompt_version, event.charge_usd = "v2", event.charge_usd * 2
    event.input_tokens, event.output_tokens = event.input_tokens * 2, event.output_tokens * 2
    event.cache_read_tokens = event.cache_read_tokens * 2
  end))
  t:alert("LLMRequestCostDrift", { workflow_id = "product-search", prompt_version = "v2" }, "warning")
end)

wednesday("a key without labels", function(t, office)
  work(office, "70m", of("rerank", function(_, list)
    list[#list + 1] = { key_alias = "stray", requested_model = "gpt-4o", charge_usd = 2.5, input_tokens = 100 }
  end))
  for _, label in ipairs { "team", "tenant" } do t:alert("LLMUnlabelledBurst", { key_alias = "stray", label = label }, "warning") end
  for _, label in ipairs { "team", "tenant", "workflow_id" } do t:alert("LLMAttributionCoverageLow", { label = label }) end
  t:alert("LLMCostSpike", { dimension = "team", team = false }) -- 30 $/h of nobody beside 1
  t:alert("LLMCostSpike", { dimension = "workflow_id", workflow_id = false })
end)
