-- The frame that policies are written in: checks what they declare and hands it to C in one
-- normal form. Trusted; policies see `api` and the libraries, never `core` (C, lua_core.c).
local core, libraries, reader = ...
local error, ipairs, pairs, setmetatable, type = error, ipairs, pairs, setmetatable, type

local api = {}
local current -- of the file being loaded: its api table; nil once all are loaded

local problem, hint, expect, options_of, text, number, flag =
  reader.problem, reader.hint, reader.expect, reader.options_of, reader.text, reader.number, reader.flag
local named, seconds, list, field, fields, pairs_of, steps_of =
  reader.named, reader.seconds, reader.list, reader.field, reader.fields, reader.pairs_of, reader.steps_of

-- --- the calls ---

local STAGE = core.stages
local LABEL = "^[a-zA-Z_][a-zA-Z0-9_]*$"
local BUDGET_STEPS = { { 0.5, "info" }, { 0.8, "warning" }, { 1.0, "critical" } }
local TEXTS = { label = true, text = true, flag = true }

local function declare(name, body)
  api[name] = function(...)
    if not current then error(name .. " works only while its file is loaded", 2) end
    reader.bad = false
    if name ~= "policy" and not current.named then
      current.named = true
      problem("E101", "policy { name = ... } must come before %s", name)
    end
    return body(...)
  end
end

local function register(kind, spec)
  if not reader.bad then return core.register(kind, spec) end
end

declare("policy", function(given)
  local options = options_of("policy", given, { "name", "version", "owner", "data", "settings" })
  if current.policy then problem("E102", "policy: a file is one policy, and this one has its name already") end
  local name = named("policy: 'name'", options.name, "^[%w_][%w_.-]*$", 64)
  for _, key in ipairs { "version", "owner" } do
    if options[key] ~= nil then text(("policy: '%s'"):format(key), options[key]) end
  end
  local data, settings = {}, {}
  for _, file in ipairs(list("policy: 'data'", options.data, 64)) do
    if text("policy: 'data': a name", file, 64) then data[file] = core.data(file) end
  end
  if options.settings ~= nil and expect("policy: 'settings'", options.settings, "table") then
    for key, value in pairs(options.settings) do
      local kind = type(value)
      if kind ~= "number" and kind ~= "boolean" and kind ~= "string" then
        problem("E105", "policy: the setting '%s' must be a number, a text, true or false", key)
      elseif name then
        settings[key] = core.setting(name, key, value)
      end
    end
  end
  current.named = true
  if name and not reader.bad then
    current.policy = name
    core.policy(name, settings)
  end
  current.api.data = core.readonly(data, "policy { data } does not name")
  current.api.settings = core.readonly(settings, "policy { settings } has no")
end)

declare("derive", function(label, given, fn)
  local options = options_of("derive", given, { "needs", "override" })
  local labels = type(label) == "table" and label or { label }
  labels = fields("derive: the label", labels, 8, STAGE.derive, { label = true })
  if #labels == 0 then problem("E106", "derive: which label?") end
  for _, name in ipairs(labels) do
    -- Dedupe goes by it: a policy that changed it would book a repeated report twice.
    if name == "hashed_api_key" then problem("E208", "derive: 'hashed_api_key' is the gateway's alone") end
  end
  expect("derive: the last argument", fn, "function")
  register("derive", {
    labels = labels, several = type(label) == "table", fn = fn,
    needs = fields("derive: 'needs'", options.needs, 8, STAGE.derive),
    override = flag("derive: 'override'", options.override),
  })
end)

declare("classify", function(classes, given, fn)
  local options = options_of("classify", given, { "default" })
  local names, declared = list("classify: the classes", classes, 32), {}
  for _, class in ipairs(names) do
    if named("classify: a class", class, "^[%w_][%w_.-]*$", 64) then declared[class] = true end
  end
  if #names == 0 then problem("E106", "classify: which classes?") end
  local default = options.default
  if default ~= nil and expect("classify: 'default'", default, "string") and not declared[default] then
    problem("E209", "classify: the default '%s' is not one of the classes%s", default, hint(default, names))
  end
  expect("classify: the last argument", fn, "function")
  register("classify", { classes = names, default = default, fn = fn })
end)

declare("price", function(given, fn)
  local options = options_of("price", given, { "needs", "of" })
  local of = options.of == nil and "charge" or options.of
  if of ~= "charge" and of ~= "billed" then problem("E108", "price: 'of' must be \"charge\" or \"billed\"") end
  expect("price: the last argument", fn, "function")
  register("price", { billed = of == "billed", fn = fn,
    needs = fields("price: 'needs'", options.needs, 8, STAGE.price) })
end)

declare("counter", function(name, given, fn)
  local options = options_of("counter", given, { "help", "labels", "needs" })
  name = named("counter: the name", name, LABEL)
  if name and not name:find("._total$") then problem("E211", "counter: '%s' must be a name that ends in _total", name) end
  for _, prefix in ipairs { "llm_", "spendwarden_", "litellm_" } do
    if name and name:sub(1, #prefix) == prefix then
      problem("E205", "counter: '%s': names with %s are the engine's own", name, prefix)
    end
  end
  local labels, seen = list("counter: 'labels'", options.labels, 8), {}
  for _, label in ipairs(labels) do
    local ok = named("counter: a label", label, LABEL)
    local reserved = ok == "le" or ok == "quantile" or ok and ok:sub(1, 2) == "__"
    if ok and (seen[ok] or reserved) then
      problem(reserved and "E205" or "E207", "counter: the label '%s' is taken", ok)
    end
    if ok then seen[ok] = true end
  end
  expect("counter: the last argument", fn, "function")
  register("counter", { name = name, labels = labels, fn = fn,
    help = text("counter: 'help'", options.help, 256),
    needs = fields("counter: 'needs'", options.needs, 8, STAGE.count) })
end)

-- --- windows ---

local function where_values(what, key, value)
  local values = type(value) == "table" and list(what, value, 32) or { value }
  for _, item in ipairs(values) do text(("%s: '%s'"):format(what, key), item, 256) end
  if #values == 0 then problem("E308", "%s: '%s' lists no value", what, key) end
  return values
end

local function where_clause(what, key, value)
  local kind = field(what, key, STAGE.count)
  if not kind then return end
  if not TEXTS[kind] then
    return problem("E203", "%s: '%s' is a %s; use where = function(ev) ... end", what, key, kind)
  end
  if type(value) == "boolean" and kind == "flag" then
    return { field = key, op = "in", values = { value and "true" or "false" } }
  elseif type(value) == "boolean" then
    return { field = key, op = value and "present" or "missing", values = {} }
  end
  return { field = key, op = "in", values = where_values(what, key, value) }
end

local function where_of(what, value)
  local out = {}
  if value == nil or not expect(what, value, "table") then return out end
  for key, wanted in pairs(value) do
    out[#out + 1] = where_clause(what, key, wanted)
  end
  if #out > 8 then problem("E903", "%s has more than 8 clauses", what) end
  return out
end

local PERIODS = { day = true, week = true, month = true }

local function span(what, over, offset)
  if over == nil then return problem("E106", "%s: 'over' is missing", what) end
  if PERIODS[over] then
    if offset ~= nil then problem("E107", "%s: 'offset' does not go with over = \"%s\"", what, over) end
    return nil, over, 0
  end
  local length = seconds(what .. ": 'over'", over)
  if length and length < 300 then problem("E302", "%s: 'over' must be 5m to 31d, day, week or month", what) end
  return length, nil, seconds(what .. ": 'offset'", offset)
end

local function summed(what, options)
  local sum = options.sum
  if type(sum) == "string" then
    local kind = field(what .. ": 'sum'", sum, STAGE.count)
    if kind and kind ~= "money" and kind ~= "number" then
      problem("E203", "%s: 'sum': '%s' is a %s and has no sum", what, sum, kind)
    end
  elseif sum ~= nil and type(sum) ~= "function" then
    problem("E105", "%s: 'sum' must be a field's name or a function", what)
  end
  return sum
end

-- The normal form of a window; `name` only where a function decides.
local function window_spec(what, options)
  local sum, where = summed(what, options), options.where
  local count = flag(what .. ": 'count'", options.count)
  if (sum ~= nil) == count then problem("E107", "%s needs one of 'sum' and 'count'", what) end
  local fn = type(sum) == "function" and sum or type(where) == "function" and where or nil
  if type(sum) == "function" and type(where) == "function" then
    problem("E107", "%s: 'sum' and 'where' cannot both be functions", what)
  end
  local name
  if fn then
    name = named(what .. ": with a function, 'name'", options.name, "^[%w_][%w_.-]*$", 64)
  elseif options.name ~= nil then
    problem("E107", "%s: 'name' is for a window with a function", what)
  end
  local over, period, offset = span(what, options.over, options.offset)
  return {
    sum = type(sum) == "string" and sum or nil, fn = fn, is_where = fn ~= nil and fn == where,
    name = name, over = over, period = period, offset = offset,
    by = fields(what .. ": 'by'", options.by, 8, STAGE.count, TEXTS),
    where = where_of(what .. ": 'where'", type(where) ~= "function" and where or nil),
  }
end

declare("window", function(given)
  local options = options_of("window", given,
    { "sum", "count", "by", "over", "offset", "where", "name" })
  return core.window(register("window", window_spec("window", options)))
end)

-- --- rules and budgets ---

local function check_clear(what, clear, above, below, steps)
  if clear == nil then return end
  local bound = above or (steps[1] and steps[1][1])
  if not (bound or below) then
    problem("E306", "%s: 'clear' needs a bound", what)
  elseif bound and clear > bound then
    problem("E306", "%s: 'clear' must not lie above the bound", what)
  elseif not bound and clear < below then
    problem("E306", "%s: 'clear' must not lie below the bound", what)
  end
end

local function check_bounds(above, below, steps, severity)
  local bounds = (above and 1 or 0) + (below and 1 or 0) + (#steps > 0 and 1 or 0)
  if bounds > 1 then problem("E107", "rule: only one of 'above', 'below' and 'steps'") end
  if #steps > 0 and severity ~= nil then problem("E107", "rule: with 'steps' each step has its severity") end
end

local TAKEN = { alertname = true, severity = true, step = true }
local ALERT = "^[a-zA-Z_][a-zA-Z0-9_:.-]*$"

declare("rule", function(name, given, fn)
  local options = options_of("rule", given, { "over", "above", "below", "steps", "clear", "hold",
    "keep", "min", "severity", "labels", "annotations" })
  name = named("rule: the name", name, ALERT)
  local window = core.window_of(options.over)
  if window == -2 then problem("E303", "rule: 'over' must be a window") end
  local above = number("rule: 'above'", options.above)
  local below = number("rule: 'below'", options.below)
  local clear = number("rule: 'clear'", options.clear)
  local steps = steps_of("rule: 'steps'", options.steps)
  check_bounds(above, below, steps, options.severity)
  check_clear("rule", clear, above, below, steps)
  expect("rule: the last argument", fn, "function")
  local spec = {
    name = name, window = window, above = above, below = below, clear = clear, steps = steps, fn = fn,
    min = number("rule: 'min'", options.min) or 0,
    hold = seconds("rule: 'hold'", options.hold), keep = seconds("rule: 'keep'", options.keep),
    severity = options.severity ~= nil and text("rule: 'severity'", options.severity, 32) or "warning",
    labels = pairs_of("rule: 'labels'", options.labels, LABEL, TAKEN),
    annotations = pairs_of("rule: 'annotations'", options.annotations, LABEL, {}),
  }
  if window ~= -1 then register("rule", spec) end -- of a bad window enough was said
end)

-- Names of groups: the keys of a map, or a list.
local function groups_of(value, by)
  local out = {}
  if value == nil or not expect("budget: 'groups'", value, "table") then return out end
  if #by ~= 1 then problem("E107", "budget: 'groups' needs exactly one label in 'by'") end
  for key, item in pairs(value) do
    local group = type(key) == "number" and item or key
    if text("budget: 'groups': a name", group, 256) then out[#out + 1] = group end
  end
  if #out > 10000 then problem("E903", "budget: 'groups' has more than 10000 entries") end
  return out
end

declare("budget", function(name, given, fn)
  local options = options_of("budget", given,
    { "by", "over", "sum", "where", "steps", "clear", "groups", "alert", "labels" })
  name = named("budget: the name", name, ALERT)
  local spec = window_spec("budget", { sum = options.sum or "charge_usd", by = options.by,
    over = options.over, where = options.where })
  if spec.fn then problem("E105", "budget: 'sum' and 'where' cannot be functions") end
  local clear = number("budget: 'clear'", options.clear)
  spec.steps, spec.clear = steps_of("budget: 'steps'", options.steps or BUDGET_STEPS), clear
  check_clear("budget", clear, nil, nil, spec.steps)
  expect("budget: the last argument", fn, "function")
  spec.budget, spec.fn = name, fn
  spec.groups = groups_of(options.groups, spec.by)
  spec.alert = options.alert == nil and "LLMBudgetThreshold" or named("budget: 'alert'", options.alert, ALERT)
  spec.labels = pairs_of("budget: 'labels'", options.labels, LABEL, TAKEN)
  register("budget", spec)
end)

-- --- what a file sees ---

local function no_write(_, name)
  error(("'%s' cannot be set: globals are read-only, use local"):format(core.text(name)), 2)
end

local function sealed(what, functions)
  setmetatable(functions, { __index = function(_, key)
    error(("policies have no %s.%s%s"):format(what, core.text(key), hint(key, core.keys(functions))), 2)
  end })
  return setmetatable({}, { __index = functions, __newindex = no_write, __metatable = false })
end

local base = {}
for name, value in pairs(libraries) do
  base[name] = type(value) == "table" and sealed(name, value) or value
end
for name, value in pairs(api) do base[name] = value end
setmetatable(base, { __index = function(_, name)
  local known = core.keys(base)
  known[#known + 1], known[#known + 2] = "data", "settings"
  error(("there is no global '%s'%s"):format(core.text(name), hint(name, known)), 2)
end })

return {
  begin_file = function()
    local file_api = setmetatable({}, { __index = base })
    current = { api = file_api }
    return setmetatable({}, { __index = file_api, __newindex = no_write, __metatable = false })
  end,
  end_file = function()
    return current.named and true or false
  end,
  end_loading = function() current = nil end,

  -- What a file may use beside the libraries, as keys.
  names = function()
    local out = { data = true, settings = true }
    for name in pairs(api) do out[name] = true end
    return out
  end,
}
