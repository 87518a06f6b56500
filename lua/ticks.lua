-- Calls about windows and ticks: window, rule, budget, gauge.
local core, reader, frame = ...
local ipairs, pairs, tostring, type = ipairs, pairs, tostring, type

local declare, register = frame.declare, frame.register
local problem, expect, options_of, function_of, text, number, flag =
  reader.problem, reader.expect, reader.options_of, reader.function_of, reader.text, reader.number, reader.flag
local named, seconds, list, field, fields, pairs_of, steps_of =
  reader.named, reader.seconds, reader.list, reader.field, reader.fields, reader.pairs_of, reader.steps_of

local STAGE = core.stages
local LABEL = reader.METRIC
local TEXTS = { label = true, text = true, flag = true }

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

local NUMBERS = { money = true, number = true }
local AGGREGATES = { sum = NUMBERS, max = NUMBERS, distinct = { label = true, text = true } } -- of which fields

local function aggregated(what, name, value)
  local key = ("%s: '%s'"):format(what, name)
  if type(value) == "string" then
    local kind = field(key, value, STAGE.count)
    if kind and not AGGREGATES[name][kind] then
      problem("E203", "%s: '%s' is a %s", key, value, kind)
    end
  elseif type(value) ~= "function" or name == "distinct" then
    problem("E105", "%s must be a field's name%s", key, name == "distinct" and "" or " or a function")
  end
end

-- Which of sum, count, max, distinct it is, and of what.
local function aggregate_of(what, options)
  local found, of
  if flag(what .. ": 'count'", options.count) then found = "count" end
  for _, name in ipairs { "sum", "max", "distinct" } do
    if options[name] ~= nil then
      if found then problem("E107", "%s: '%s' and '%s' do not go together", what, found, name) end
      aggregated(what, name, options[name])
      found, of = name, options[name]
    end
  end
  if not found then problem("E107", "%s needs one of 'sum', 'count', 'max' and 'distinct'", what) end
  return found, of
end

-- The normal form of a window; `name` only where a function decides.
local function window_spec(what, options)
  local aggregate, of = aggregate_of(what, options)
  local where = options.where
  local fn = type(of) == "function" and of or type(where) == "function" and where or nil
  if type(of) == "function" and type(where) == "function" then
    problem("E107", "%s: '%s' and 'where' cannot both be functions", what, aggregate)
  elseif fn and aggregate == "distinct" then
    problem("E107", "%s: with 'distinct', 'where' must be a table", what)
  end
  local name
  if fn then
    name = named(what .. ": with a function, 'name'", options.name, "^[%w_][%w_.-]*$", 64)
  elseif options.name ~= nil then
    problem("E107", "%s: 'name' is for a window with a function", what)
  end
  local over, period, offset = span(what, options.over, options.offset)
  return {
    aggregate = aggregate, of = type(of) == "string" and of or nil, fn = fn,
    is_where = fn ~= nil and fn == where,
    name = name, over = over, period = period, offset = offset,
    by = fields(what .. ": 'by'", options.by, 8, STAGE.count, TEXTS),
    where = where_of(what .. ": 'where'", type(where) ~= "function" and where or nil),
  }
end

declare("window", function(given)
  local options = options_of("window", given,
    { "sum", "count", "max", "distinct", "by", "over", "offset", "where", "name" })
  return core.window(register("window", window_spec("window", options)))
end)

-- --- rules ---

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

local TAKEN = { alertname = true, policy = true, severity = true, step = true }
local BUDGET_TAKEN = { alertname = true, policy = true, severity = true, step = true, budget = true, window = true }
local ALERT = "^[a-zA-Z_][a-zA-Z0-9_:.-]*$"

declare("rule", function(name, given, fn)
  local options = options_of("rule", given, { "over", "above", "below", "steps", "clear", "hold",
    "keep", "min", "severity", "labels", "annotations" }, fn)
  name = named("rule: the name", name, ALERT)
  local window = core.window_of(options.over)
  if window == -2 then problem("E303", "rule: 'over' must be a window") end
  local above = number("rule: 'above'", options.above)
  local below = number("rule: 'below'", options.below)
  local clear = number("rule: 'clear'", options.clear)
  local steps = steps_of("rule: 'steps'", options.steps)
  check_bounds(above, below, steps, options.severity)
  check_clear("rule", clear, above, below, steps)
  function_of("rule", given, fn)
  local annotations, annotate = options.annotations, nil
  if type(annotations) == "function" then annotations, annotate = nil, annotations end
  local spec = {
    name = name, window = window, above = above, below = below, clear = clear, steps = steps, fn = fn,
    min = number("rule: 'min'", options.min) or 0,
    hold = seconds("rule: 'hold'", options.hold), keep = seconds("rule: 'keep'", options.keep),
    severity = options.severity ~= nil and text("rule: 'severity'", options.severity, 32) or "warning",
    labels = pairs_of("rule: 'labels'", options.labels, LABEL, TAKEN),
    annotations = pairs_of("rule: 'annotations'", annotations, LABEL, {}), annotate = annotate,
  }
  if window ~= -1 then register("rule", spec) end -- of a bad window enough was said
end)

-- --- budgets ---

local BUDGET_STEPS = { { 0.5, "info" }, { 0.8, "warning" }, { 1.0, "critical" } }

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

local function rolling(what, length)
  local span = seconds(what, length)
  if span and span < 300 then problem("E302", "%s '%s' is shorter than 5m", what, tostring(length)) end
  return span
end

local function burn_of(entry)
  local what = "budget: 'burn'"
  if type(entry) ~= "table" or entry[3] == nil then
    return problem("E310", "%s: each entry must be { \"1h\", \"5m\", 14.4 }, and may have a severity", what)
  end
  local long, short = rolling(what .. ": a window", entry[1]), rolling(what .. ": a window", entry[2])
  local factor = number(what .. ": a factor", entry[3])
  if long and short and short >= long then
    problem("E310", "%s: the second window must be shorter than the first", what)
  end
  if factor and factor <= 0 then problem("E310", "%s: the factor must be above 0", what) end
  return { long = long, short = short, factor = factor,
    severity = entry[4] == nil and "warning" or text(what .. ": a severity", entry[4], 32) }
end

-- What burn = true stands for, by the least length of the period in seconds. A well used budget burns at 1, and a job that
-- spends a day's share in an hour is no burn: 5% of a month in an hour, a sixth of a week, a third of a day.
local BURNS = {
  { 14 * 86400, { "1h", "5m", 36, "critical" }, { "6h", "30m", 9, "warning" } },
  { 3 * 86400, { "1h", "5m", 120, "critical" }, { "6h", "30m", 30, "warning" } },
  { 43200, { "1h", "5m", 240, "critical" } },
}
local LENGTHS = { day = 86400, week = 7 * 86400, month = 28 * 86400 }

local function usual_burns(spec)
  local length = spec.over or LENGTHS[spec.period] or 0
  for _, usual in ipairs(BURNS) do
    if length >= usual[1] then return { usual[2], usual[3] } end
  end
  problem("E310", "budget: 'burn': true is for a period of 12h or more")
  return {}
end

local function burns_of(value, spec)
  local out = {}
  if value == true then value = usual_burns(spec) elseif value == false then value = {} end
  for _, entry in ipairs(list("budget: 'burn'", value, 4)) do out[#out + 1] = burn_of(entry) end
  return out
end

local DAYS = { monday = 1, tuesday = 2, wednesday = 3, thursday = 4, friday = 5, saturday = 6, sunday = 7 }
local DAY_MOST = { week = 7, month = 28 }

-- The day of the week or month that a period begins with.
local function start_day_of(value, period)
  if value == nil then return end
  local most = DAY_MOST[period]
  if not most then return problem("E107", "budget: 'start_day' needs over = \"week\" or \"month\"") end
  if most == 7 and DAYS[value] then return DAYS[value] end
  if type(value) ~= "number" or value % 1 ~= 0 or value < 1 or value > most then
    return problem("E312", "budget: 'start_day' must be a whole number from 1 to %d%s", most,
      most == 7 and ", or a day such as \"sunday\"" or "")
  end
  return value
end

local function time_zone_of(value, period)
  if value == nil then return end
  if not period then problem("E107", "budget: 'time_zone' needs over = \"day\", \"week\" or \"month\"") end
  return text("budget: 'time_zone'", value, 64)
end

-- true, a share of the limit, or { share, "severity" }.
local function forecast_of(value, calendar)
  if value == nil or value == false then return end
  if not calendar then problem("E107", "budget: 'forecast' needs over = \"day\", \"week\" or \"month\"") end
  local share, severity = value, "warning"
  if type(value) == "table" then share, severity = value[1], value[2] end
  if share == true then share = 1 end
  share = number("budget: 'forecast'", share)
  if not share or share <= 0 then problem("E311", "budget: 'forecast' must be true, a share of the limit, or { share, \"severity\" }") end
  return share, text("budget: 'forecast': the severity", severity, 32)
end

-- A rolling window on what the budget counts; nil where enough was said.
local function beside(spec, over, offset)
  return over and register("window", { aggregate = "sum", of = spec.of, by = spec.by, where = spec.where,
    over = over, offset = offset or 0 })
end

-- The windows that burn rates and forecasts read.
local function add_windows(spec)
  for _, burn in ipairs(spec.burn) do
    burn.long_window, burn.short_window = beside(spec, burn.long), beside(spec, burn.short)
  end
  if spec.period then spec.week_window = beside(spec, 7 * 86400) end
  if not spec.period or spec.period == "day" then return end
  for i = 0, 6 do spec["day_window" .. i] = beside(spec, 86400, i * 86400) end
end

declare("budget", function(name, given, fn)
  local options = options_of("budget", given,
    { "by", "over", "start_day", "time_zone", "sum", "where", "steps", "clear", "burn", "burn_min", "forecast", "groups",
      "alert", "labels" }, fn)
  name = named("budget: the name", name, ALERT)
  local spec = window_spec("budget", { sum = options.sum or "charge_usd", by = options.by,
    over = options.over, where = options.where })
  if spec.fn then problem("E105", "budget: 'sum' and 'where' cannot be functions") end
  local clear = number("budget: 'clear'", options.clear)
  spec.steps, spec.clear = steps_of("budget: 'steps'", options.steps or BUDGET_STEPS), clear
  check_clear("budget", clear, nil, nil, spec.steps)
  function_of("budget", given, fn)
  spec.budget, spec.fn = name, fn
  spec.groups = groups_of(options.groups, spec.by)
  spec.alert = options.alert == nil and "LLMBudgetThreshold" or named("budget: 'alert'", options.alert, ALERT)
  spec.labels = pairs_of("budget: 'labels'", options.labels, LABEL, BUDGET_TAKEN)
  spec.start_day = start_day_of(options.start_day, spec.period)
  spec.time_zone = time_zone_of(options.time_zone, spec.period)
  spec.burn = burns_of(options.burn, spec)
  spec.burn_min = number("budget: 'burn_min'", options.burn_min) or 1
  spec.forecast, spec.forecast_severity = forecast_of(options.forecast, spec.period)
  if not reader.bad then add_windows(spec) end
  register("budget", spec)
end)

-- --- gauges ---

declare("gauge", function(name, given, fn)
  local options = options_of("gauge", given, { "help", "over" }, fn)
  name = reader.metric_name("gauge", name)
  local window = core.window_of(options.over)
  if window == -2 then problem("E303", "gauge: 'over' must be a window") end
  function_of("gauge", given, fn)
  local help = text("gauge: 'help'", options.help, 256)
  if window ~= -1 then register("gauge", { name = name, window = window, help = help, fn = fn }) end
end)
