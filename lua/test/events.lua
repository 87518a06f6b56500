-- Setting up a test, events and time.
local core, words, run, api = ...
local ipairs, pairs, type = ipairs, pairs, type

local misuse, fail, begin, before_the_first_event, expect_type, seconds = run.misuse, run.fail, run.begin, run.before_the_first_event, run.expect_type, run.seconds
local hint, show = words.hint, words.show

local DECIDED = { computed_usd = true, billed_usd = true, drift_usd = true, price_status = true, class = true,
  total_tokens = true, duration_seconds = true, time_to_first_token_seconds = true, time = true, received = true }
local TIMES = { start = true, ["end"] = true, first_token = true }
local OTHER = { "tags", "metadata", "reported_currency" }

local fields -- names that an event may have

local function known_fields()
  if fields then return fields end
  fields = {}
  for _, name in ipairs(core.fields()) do
    if not DECIDED[name] then fields[#fields + 1], fields[name] = name, true end
  end
  for _, name in ipairs(OTHER) do fields[#fields + 1], fields[name] = name, true end
  return fields
end

-- As a gateway would send it; charge_usd is the cost that it reports, times may be seconds.
local function body_of(call, event)
  expect_type(call, "an event", event, "table")
  local body, known = {}, known_fields()
  for key, value in pairs(event) do
    if DECIDED[key] then
      misuse("t:%s: '%s' is decided by the engine, no event brings it", call, key)
    elseif not known[key] then
      misuse("t:%s: an event has no field '%s'%s", call, core.text(key), hint(key, known))
    end
    if TIMES[key] and type(value) == "number" then value = core.time_text(value) end
    body[key == "charge_usd" and "reported_usd" or key] = value
  end
  if body.id == nil then
    run.state.events = run.state.events + 1
    body.id = ("event-%d"):format(run.state.events)
  end
  return body
end

local function bodies_of(call, event)
  if type(event) ~= "table" or event[1] == nil then return body_of(call, event) end
  local list = {}
  for i, item in ipairs(event) do list[i] = body_of(call, item) end
  return list
end

-- --- calls ---

function api.at(time)
  before_the_first_event("at")
  if not core.at(expect_type("at", "the time", time, "string")) then
    misuse('t:at: "%s" is no time such as "2026-03-02T09:00:00Z"', time)
  end
end

function api.zone(name)
  before_the_first_event("zone")
  core.zone(expect_type("zone", "the time zone", name, "string"))
end

function api.data(tables)
  before_the_first_event("data")
  for name, value in pairs(expect_type("data", "the data", tables, "table")) do
    core.data(core.text(name), expect_type("data", name, value, "table"))
  end
end

function api.settings(settings)
  before_the_first_event("settings")
  for key, value in pairs(expect_type("settings", "the settings", settings, "table")) do
    if type(value) == "table" then
      for name, inner in pairs(value) do core.setting(key, core.text(name), core.text(inner)) end
    else
      core.setting("", core.text(key), core.text(value))
    end
  end
end

function api.now()
  begin()
  return core.now()
end

function api.send(event)
  begin()
  local result = core.send("generic", body_of("send", event))[1]
  run.state.fresh = true
  if core.open(result).rejected then fail("the event is refused: %s", result.rejected) end
  return result
end

function api.send_raw(source, body)
  expect_type("send_raw", "the source", source, "string")
  begin()
  run.state.fresh = true
  return core.send(source, body)
end

local function passed(ticks)
  if ticks then run.state.fresh = false end
end

function api.advance(duration)
  begin()
  local by = type(duration) == "string" and core.duration(duration)
  if by then return passed(core.advance(by)) end
  local ahead = type(duration) == "string" and core["until"](duration)
  if ahead == nil or type(duration) ~= "string" then
    misuse('t:advance: %s is no duration such as "10m", and no time', show(duration))
  elseif not ahead then
    misuse("t:advance: %s has passed; it is %s", duration, core.time_text(core.now()))
  end
  run.state.fresh = false
end

function api.tick()
  begin()
  core.tick()
  run.state.fresh = false
end

local COUNT_MAX = 10000000

local function feed(body)
  local refused = core.feed("generic", body)
  if refused then fail("an event is refused: %s", refused) end
end

function api.every(step, total, event)
  local step_seconds, total_seconds = seconds("every", step), seconds("every", total)
  if step_seconds <= 0 then misuse("t:every: a step must be longer than 0") end
  local count = math.ceil(total_seconds / step_seconds)
  if count > COUNT_MAX then misuse("t:every: more than %d steps", COUNT_MAX) end
  if run.state.in_every then misuse("t:every cannot be called inside t:every") end
  begin()
  run.state.in_every = true
  core.mark()
  if type(event) == "function" then
    for i = 1, count do
      core.advance_from_mark((i - 1) * step_seconds)
      local given = event(i, core.now())
      if given then feed(bodies_of("every", given)) end
    end
  else
    local refused = core.every("generic", bodies_of("every", event), step_seconds, count)
    if refused then fail("an event is refused: %s", refused) end
  end
  run.state.in_every, run.state.fresh = false, true
  passed(core.advance_from_mark(total_seconds))
end
