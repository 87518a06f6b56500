-- The frame that tests of policies are written in. Trusted; tests see `test`, `todo`, `use`, the
-- libraries and `t`, never `core` (C, lua_test.c).
local core, libraries = ...
local error, ipairs, pairs, setmetatable, type = error, ipairs, pairs, setmetatable, type
local concat = table.concat

-- The test itself is wrong, at the line that is being run.
local function misuse(format, ...)
  core.misuse(select("#", ...) > 0 and format:format(...) or format)
end

local cases = {} -- functions, in the order of declaration
local loading = true

local function hint(word, known)
  local near = type(word) == "string" and core.nearest(word, known)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

-- --- values in words ---

local function is_name(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") ~= nil
end

local function show_key(key)
  if is_name(key) then return key end
  return type(key) == "string" and ('["%s"]'):format(key) or ("[%s]"):format(core.text(key))
end

local show

local function show_table(value, depth)
  if depth > 3 then return "{...}" end
  local parts, list = {}, 0
  for i, item in ipairs(value) do
    parts[i], list = show(item, depth + 1), i
  end
  for key, item in pairs(value) do
    if #parts >= 40 then
      parts[#parts + 1] = "..."
      break
    end
    if not (type(key) == "number" and key >= 1 and key <= list) then
      parts[#parts + 1] = show_key(key) .. " = " .. show(item, depth + 1)
    end
  end
  return "{ " .. concat(parts, ", ") .. " }"
end

function show(value, depth)
  if type(value) == "string" then return '"' .. value:gsub("\n", "\\n") .. '"' end
  if type(value) ~= "table" then return core.text(value) end
  local open = core.open(value)
  if not pairs(open)() then return "{}" end
  return show_table(open, depth or 1)
end

local function show_labels(labels)
  local parts = {}
  for key, value in pairs(labels) do
    if key ~= "alertname" then parts[#parts + 1] = ('%s="%s"'):format(key, value) end
  end
  return #parts > 0 and " {" .. concat(parts, ", ") .. "}" or ""
end

local function below(path, key)
  return path .. (is_name(key) and "." or "") .. show_key(key)
end

-- Adds to `out` where `got` is not `expected`.
local function differences(got, expected, path, out)
  if #out > 20 then return end
  if type(got) ~= "table" or type(expected) ~= "table" then
    if got ~= expected then
      out[#out + 1] = ("%s: got %s, expected %s"):format(path, show(got), show(expected))
    end
    return
  end
  local a, b = core.open(got), core.open(expected)
  for key, value in pairs(a) do
    differences(value, b[key], below(path, key), out)
  end
  for key, value in pairs(b) do
    if a[key] == nil then differences(nil, value, below(path, key), out) end
  end
end

-- --- the test at hand ---

local state -- what it has done so far

local function fail(message, ...)
  core.fail(select("#", ...) > 0 and message:format(...) or message)
end

local function begin()
  if state.begun then return end
  core.begin()
  state.begun = true
  state.rules = core.rules()
end

local function before_the_first_event(call)
  if state.begun then misuse("t:%s comes before the first event", call) end
end

local function expect_type(call, what, value, kind)
  if type(value) ~= kind then
    misuse("t:%s: %s must be a %s, not a %s", call, what, kind, type(value))
  end
  return value
end

local function seconds(call, value)
  local duration = type(value) == "string" and core.duration(value)
  if not duration then
    misuse('t:%s: %s is not a duration such as "10m" or "1h"', call, show(value))
  end
  return duration
end

-- --- alerts ---

local function matches(alert, name, labels, severity)
  if name and alert.name ~= name then return false end
  local has = core.open(alert.labels)
  if severity and has.severity ~= severity then return false end
  for key, value in pairs(labels or {}) do
    if value == false then
      if has[key] ~= nil then return false end
    elseif has[key] ~= core.text(value) then
      return false
    end
  end
  return true
end

local function find(list, states, name, labels, severity)
  local found = {}
  for _, item in ipairs(list) do
    if (not states or states[item.state]) and matches(item, name, labels, severity) then
      found[#found + 1] = item
    end
  end
  return found
end

local function asked_for(name, labels, severity)
  local with = {}
  for key, value in pairs(labels or {}) do with[key] = value end
  if severity then with.severity = severity end
  return (name or "any alert") .. show_labels(with)
end

local function situation()
  local now, lines = core.now(), {}
  lines[1] = ("  now: %s, %s after the start"):format(core.time_text(now), core.duration_text(now - core.start()))
  for _, alert in ipairs(core.alerts()) do
    local since = alert.state == "firing" and alert.starts or alert.state == "pending" and alert.pending or alert.resolved
    lines[#lines + 1] = ("  %s for %s: %s%s, value %s"):format(alert.state, core.duration_text(now - since), alert.name,
      show_labels(alert.labels), core.text(alert.value))
    if #lines > 20 then break end
  end
  if #lines == 1 then lines[2] = "  no alert is pending or firing" end
  if state.fresh then lines[#lines + 1] = "  no tick has run since the last event: t:advance or t:tick first" end
  return concat(lines, "\n")
end

-- An assertion about an alert that no policy can raise would hold for ever.
local function check_asked(call, name, labels, severity)
  if name ~= nil then expect_type(call, "the alert's name", name, "string") end
  if labels ~= nil then expect_type(call, "labels", labels, "table") end
  if severity ~= nil then expect_type(call, "the severity", severity, "string") end
  local names, known, severities = {}, {}, {}
  for _, rule in ipairs(state.rules) do
    names[#names + 1] = rule.name
    if name == nil or rule.name == name then
      for _, label in ipairs(rule.labels) do known[#known + 1], known[label] = label, true end
      for _, item in ipairs(rule.severities) do severities[#severities + 1], severities[item] = item, true end
    end
  end
  if name ~= nil and #known == 0 then
    misuse("no policy has an alert '%s'%s", name, hint(name, names))
  end
  for label in pairs(labels or {}) do
    if not known[label] then
      misuse("%s has no label '%s'%s", name or "no alert", core.text(label), hint(label, known))
    end
  end
  if severity and not severities[severity] then
    misuse("%s has no severity '%s'%s", name or "no alert", severity, hint(severity, severities))
  end
end

local function same_labels(a, b)
  local out = {}
  differences(a, b, "", out)
  return #out == 0
end

local function mark_expected(firings, labels)
  for i, firing in ipairs(firings) do
    if not firing.resolved and same_labels(firing.labels, labels) then state.expected[i] = true end
  end
end

-- --- events ---

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
    state.events = state.events + 1
    body.id = ("event-%d"):format(state.events)
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

local api = {}

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
  state.fresh = true
  if core.open(result).rejected then fail("the event is refused: %s", result.rejected) end
  return result
end

function api.send_raw(source, body)
  expect_type("send_raw", "the source", source, "string")
  begin()
  state.fresh = true
  return core.send(source, body)
end

local function passed(ticks)
  if ticks then state.fresh = false end
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
  state.fresh = false
end

function api.tick()
  begin()
  core.tick()
  state.fresh = false
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
  if state.in_every then misuse("t:every cannot be called inside t:every") end
  begin()
  state.in_every = true
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
  state.in_every, state.fresh = false, true
  passed(core.advance_from_mark(total_seconds))
end

-- --- assertions ---

local function with(message, extra)
  return extra ~= nil and core.text(extra) .. ": " .. message or message
end

function api.eq(got, expected, message)
  local out = {}
  differences(got, expected, "", out)
  if #out == 0 then return end
  if type(got) ~= "table" or type(expected) ~= "table" then
    fail("%s", with(("got %s, expected %s"):format(show(got), show(expected)), message))
  end
  fail("%s", with(concat(out, "\n  "), message))
end

function api.ok(value, message)
  if not value then fail("%s", with("got " .. show(value) .. ", expected it to hold", message)) end
  return value
end

function api.near(got, expected, within, message)
  within = within or 1e-9
  if type(got) ~= "number" or not (got >= expected - within and got <= expected + within) then
    fail("%s", with(("got %s, expected %s within %s"):format(show(got), show(expected), show(within)), message))
  end
end

function api.alert(name, labels, severity)
  begin()
  check_asked("alert", name, labels, severity)
  local found = find(core.alerts(), { firing = true }, name, labels, severity)
  if #found == 0 then fail("%s does not fire\n%s", asked_for(name, labels, severity), situation()) end
  local firings = core.firings()
  for _, alert in ipairs(found) do mark_expected(firings, alert.labels) end
  return found[1], #found
end

function api.pending(name, labels, severity)
  begin()
  check_asked("pending", name, labels, severity)
  local found = find(core.alerts(), { pending = true }, name, labels, severity)
  if #found == 0 then fail("%s is not pending\n%s", asked_for(name, labels, severity), situation()) end
  return found[1], #found
end

function api.no_alert(name, labels, severity)
  begin()
  check_asked("no_alert", name, labels, severity)
  local found = find(core.alerts(), { firing = true }, name, labels, severity)
  if #found > 0 then fail("%s fires\n%s", asked_for(name, labels, severity), situation()) end
end

function api.resolved(name, labels, severity)
  begin()
  check_asked("resolved", name, labels, severity)
  if #find(core.alerts(), { firing = true }, name, labels, severity) > 0 then
    fail("%s still fires\n%s", asked_for(name, labels, severity), situation())
  end
  local count = 0
  for i, firing in ipairs(core.firings()) do
    if matches(firing, name, labels, severity) then
      state.expected[i] = true
      count = count + 1
    end
  end
  if count == 0 then fail("%s never fired\n%s", asked_for(name, labels, severity), situation()) end
  return count
end

-- Alerts of this kind may fire from now on; of `expect` at least one has to.
local function allow(call, required, name, labels, severity)
  begin()
  check_asked(call, name, labels, severity)
  state.allowed[#state.allowed + 1] = { name = name, labels = labels, severity = severity, line = required and core.here() }
end

function api.expect(...)
  allow("expect", true, ...)
end

function api.ignore(...)
  allow("ignore", false, ...)
end

function api.alerts()
  begin()
  return core.alerts()
end

-- --- failures of policies ---

function api.errors()
  begin()
  return #core.failures()
end

function api.fails(text, fn)
  expect_type("fails", "the text", text, "string")
  expect_type("fails", "the last argument", fn, "function")
  begin()
  local before, count, other = #core.failures(), 0, nil
  fn()
  for i, failure in ipairs(core.failures()) do
    if i > before and ((failure.message .. " " .. failure.rule):find(text, 1, true) or failure.reason == text) then
      state.forgiven[i] = true
      count = count + 1
    elseif i > before then
      other = other or failure
    end
  end
  if count == 0 and other then
    fail("no policy failed with %s; %s: %s", show(text), other.rule, other.message)
  elseif count == 0 then
    fail("no policy failed, expected one with %s", show(text))
  end
  return count
end

-- --- metrics ---

local function family(call, name, kind)
  expect_type(call, "the metric's name", name, "string")
  begin()
  local families, samples = core.metrics()
  for _, gauge in ipairs(core.gauges()) do families[gauge] = families[gauge] or not state.fresh and "gauge" or nil end
  local found = families[name]
  if not found then
    misuse("t:%s: there is no metric '%s'%s%s", call, name, hint(name, core.keys(families)),
      state.fresh and "; gauges want a tick after the last event" or "")
  end
  if found ~= kind then misuse("t:%s: %s is a %s", call, name, found) end
  return samples
end

local function has_label(samples, name, label)
  local known = {}
  for _, sample in ipairs(samples) do
    if sample.name == name then
      for key in pairs(sample.labels) do known[#known + 1], known[key] = key, true end
    end
  end
  if #known > 0 and not known[label] then
    misuse("%s has no label '%s'%s", name, core.text(label), hint(label, known))
  end
end

-- Over all series that match.
local function sum(samples, name, labels)
  local total, count = 0, 0
  for label in pairs(labels or {}) do has_label(samples, name, label) end
  for _, sample in ipairs(samples) do
    if sample.name == name and matches(sample, nil, labels) then
      total, count = total + sample.value, count + 1
    end
  end
  return total, count
end

function api.counter(name, labels)
  local total = sum(family("counter", name, "counter"), name, labels)
  return total
end

function api.gauge(name, labels)
  local total, count = sum(family("gauge", name, "gauge"), name, labels)
  if count > 1 then misuse("t:gauge: %d series of %s match; name more labels", count, name) end
  return count == 1 and total or nil
end

function api.histogram(name, labels)
  local samples = family("histogram", name, "histogram")
  local out = { sum = sum(samples, name .. "_sum", labels), buckets = {} }
  out.count = sum(samples, name .. "_count", labels)
  for _, sample in ipairs(samples) do
    if sample.name == name .. "_bucket" and matches(sample, nil, labels) then
      local bound = sample.labels.le == "+Inf" and math.huge or tonumber(sample.labels.le)
      out.buckets[bound] = (out.buckets[bound] or 0) + sample.value
    end
  end
  return out
end

-- --- the end of a test ---

local function describe_firing(firing)
  local start = core.start()
  local ended = firing.resolved and ", for " .. core.duration_text(firing.resolved - firing.fired) or ", and still does"
  return ("  %s%s: value %s, fired %s after the start%s"):format(firing.name, show_labels(firing.labels),
    core.text(firing.value), core.duration_text(firing.fired - start), ended)
end

local function is_allowed(firing)
  local allowed = false
  for _, pattern in ipairs(state.allowed) do
    if matches(firing, pattern.name, pattern.labels, pattern.severity) then
      pattern.fired, allowed = true, true
    end
  end
  return allowed
end

local function check_unexpected()
  local lines = {}
  for i, firing in ipairs(core.firings()) do
    local allowed = is_allowed(firing)
    if not allowed and not state.expected[i] and #lines < 20 then lines[#lines + 1] = describe_firing(firing) end
  end
  if #lines > 0 then fail("alerts that no assertion expected\n%s", concat(lines, "\n")) end
end

local function check_expected()
  for _, pattern in ipairs(state.allowed) do
    if pattern.line and not pattern.fired then
      fail("%s was expected in line %d and never fired\n%s", asked_for(pattern.name, pattern.labels, pattern.severity),
        pattern.line, situation())
    end
  end
end

local function check_failures()
  local lines, times = {}, {}
  for i, failure in ipairs(core.failures()) do
    local line = ("  %s (%s): %s"):format(failure.rule, failure.reason, failure.message)
    if not state.forgiven[i] and times[line] then
      times[line] = times[line] + 1
    elseif not state.forgiven[i] and #lines < 10 then
      lines[#lines + 1], times[line] = line, 1
    end
  end
  for i, line in ipairs(lines) do
    if times[line] > 1 then lines[i] = ("%s (%d times)"):format(line, times[line]) end
  end
  if #lines > 0 then fail("a policy failed\n%s", concat(lines, "\n")) end
end

local function finish()
  if not state.begun then return end
  check_failures()
  check_unexpected()
  check_expected()
end

-- --- what a file sees ---

local t = {}
local methods, names = {}, {}
for name, call in pairs(api) do
  names[#names + 1] = name
  methods[name] = function(self, ...)
    if self ~= t then misuse("call it as t:%s(...)", name) end
    if not state then misuse("a test is over") end
    return call(...)
  end
end

local function no_write(_, name)
  misuse("'%s' cannot be set: use local", core.text(name))
end

setmetatable(t, { __newindex = no_write, __metatable = false, __index = function(_, name)
  return methods[name] or misuse("t has no '%s'%s", core.text(name), hint(name, names))
end })

local function declare(name, fn, is_todo)
  local call = is_todo and "todo" or "test"
  if not loading then misuse(call .. " works only while the file is loaded") end
  if type(name) ~= "string" or name == "" or #name > 200 then
    misuse(call .. ": the name must be a text of 1 to 200 bytes")
  end
  if cases[name] then misuse("%s: there is a test '%s' already", call, name) end
  if type(fn) ~= "function" and not (is_todo and fn == nil) then
    misuse(call .. ": the last argument must be a function")
  end
  cases[#cases + 1], cases[name] = fn or true, true
  core.declare(name, is_todo)
end

local globals = {
  test = function(name, fn) declare(name, fn, false) end,
  todo = function(name, fn) declare(name, fn, true) end,
  use = function(paths)
    if not loading then misuse("use works only while the file is loaded") end
    if type(paths) ~= "table" then misuse("use: a list of paths is expected") end
    for _, path in ipairs(paths) do
      if type(path) ~= "string" or path == "" then misuse("use: a path must be a text") end
      core.use(path)
    end
  end,
}

local function sealed(what, functions)
  return setmetatable({}, { __newindex = no_write, __metatable = false, __index = function(_, key)
    return functions[key] or misuse("there is no %s.%s%s", what, core.text(key), hint(key, core.keys(functions)))
  end })
end

for name, value in pairs(libraries) do
  globals[name] = type(value) == "table" and sealed(name, value) or value
end

return {
  environment = setmetatable({}, { __newindex = no_write, __metatable = false, __index = function(_, name)
    local value = globals[name]
    if value ~= nil then return value end
    misuse("there is no global '%s'%s", core.text(name), hint(name, core.keys(globals)))
  end }),
  loaded = function() loading = false end,
  -- What a file may use beside the libraries, as keys.
  names = function()
    local out = {}
    for name in pairs(globals) do
      if libraries[name] == nil then out[name] = true end
    end
    for name in pairs(methods) do out["Test:" .. name] = true end
    return out
  end,
  run = function(i)
    state = { expected = {}, allowed = {}, forgiven = {}, events = 0 }
    cases[i](t)
    finish()
  end,
}
