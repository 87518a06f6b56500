-- Reads the tables that a policy writes: every wrong one is a problem, named with what it was
-- for, and reading goes on, so that one run shows all problems of a call.
local core = ...
local ipairs, pairs, tostring, type = ipairs, pairs, tostring, type
local huge = math.huge

local reader = {
  bad = false, -- there was a problem since this was last set to false
  METRIC = "^[a-zA-Z_][a-zA-Z0-9_]*$", -- names of metrics and of their labels
}

local function problem(code, format, ...)
  reader.bad = true
  core.problem(code, format:format(...))
end

local function hint(word, known)
  local near = core.nearest(word, known)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

-- --- reading options ---

local function expect(what, value, kind)
  if type(value) == kind then return value end
  problem("E105", "%s must be a %s, not %s", what, kind, value == nil and "nil" or "a " .. type(value))
end

-- What is missing is the options where a function stands in their place.
local function options_of(call, options, known, fn)
  if options == nil then return {} end
  if type(options) == "function" and fn == nil then
    problem("E106", "%s: the options are missing: write {} before the function", call)
    return {}
  end
  if not expect(call .. ": the options", options, "table") then return {} end
  for key in pairs(options) do
    local ok = false
    for _, name in ipairs(known) do ok = ok or name == key end
    if not ok then problem("E104", "%s has no option '%s'%s", call, key, hint(key, known)) end
  end
  return options
end

-- Unless options_of has said that it stands in the options' place.
local function function_of(call, options, fn)
  if type(options) ~= "function" or fn ~= nil then expect(call .. ": the last argument", fn, "function") end
end

local function text(what, value, most)
  if value == nil then return problem("E106", "%s is missing", what) end
  if not expect(what, value, "string") then return end
  if value == "" or #value > (most or 128) then
    return problem("E903", "%s must have 1 to %d bytes", what, most or 128)
  end
  return value
end

local function number(what, value)
  if value == nil then return end
  if not expect(what, value, "number") then return end
  if value ~= value or value == huge or value == -huge then
    return problem("E307", "%s must be a finite number", what)
  end
  return value
end

local function flag(what, value)
  return value ~= nil and expect(what, value, "boolean") or false
end

-- What names by these patterns have.
local ALLOWED = {
  ["^[%w_][%w_.-]*$"] = "letters, digits, _ . -",
  ["^[a-zA-Z_][a-zA-Z0-9_:.-]*$"] = "letters, digits, _ : . - and no digit first",
  [reader.METRIC] = "letters, digits, _ and no digit first",
}

local function named(what, value, pattern, most)
  local name = text(what, value, most)
  if name and not name:find(pattern) then
    return problem("E204", "%s '%s' is not a valid name: %s", what, name, ALLOWED[pattern])
  end
  return name
end

-- A metric's name, as its kind wants it.
local function metric_name(kind, value)
  local name = named(kind .. ": the name", value, reader.METRIC)
  local suffix = name and (name:match("._(total)$") or name:match("_(bucket)$") or name:match("_(count)$")
    or name:match("_(sum)$"))
  if name and kind == "counter" and suffix ~= "total" then
    problem("E211", "counter: '%s' must be a name that ends in _total", name)
  elseif suffix and kind ~= "counter" then
    problem("E212", "%s: the name '%s' must not end in _%s", kind, name, suffix)
  end
  for _, prefix in ipairs { "llm_", "spendwarden_", "litellm_" } do
    if name and name:sub(1, #prefix) == prefix then
      problem("E205", "%s: '%s': names with %s are the engine's own", kind, name, prefix)
    end
  end
  return name
end

local function seconds(what, value)
  if value == nil then return 0 end
  if type(value) ~= "string" then
    return problem("E105", "%s must be a duration such as \"10m\", not a %s", what, type(value))
  end
  local duration = core.duration(value)
  if not duration then return problem("E301", "%s '%s' is not a duration such as \"10m\" or \"1h\"", what, value) end
  if duration > 31 * 86400 then return problem("E302", "%s '%s' is longer than 31d", what, value) end
  return duration
end

local function list(what, value, most)
  if value == nil then return {} end
  if type(value) == "string" and #value <= 64 and not value:find("%c") then
    problem("E105", "%s must be a list, { %q }, not a string", what, value)
    return {}
  end
  if not expect(what, value, "table") then return {} end
  local out = {}
  for _, item in ipairs(value) do out[#out + 1] = item end
  for key in pairs(value) do
    if type(key) ~= "number" then problem("E105", "%s must be a list; it has the key '%s'", what, key) end
  end
  if #out > most then problem("E903", "%s has more than %d entries", what, most) end
  return out
end

-- The kind of a field: "label", "text", "flag", "number", "money".
local function field(what, name, stage)
  if not expect(what .. ": a field's name", name, "string") then return end
  local kind, known_from = core.field(name)
  if not kind then
    return problem("E201", "%s: there is no field '%s'%s", what, name,
                   known_from and ("; did you mean '%s'?"):format(known_from) or "")
  end
  if known_from > stage then return problem("E202", "%s: '%s' is not known at this stage", what, name) end
  return kind
end

local function fields(what, value, most, stage, only)
  local names = list(what, value, most)
  local seen = {}
  for _, name in ipairs(names) do
    local kind = field(what, name, stage)
    if kind and only and not only[kind] then problem("E203", "%s: '%s' is a %s", what, name, kind) end
    if seen[name] then problem("E207", "%s: '%s' stands there twice", what, name) end
    seen[name] = true
  end
  return names
end

local function pairs_of(what, value, pattern, taken)
  local out = {}
  if value == nil or not expect(what, value, "table") then return out end
  for key, item in pairs(value) do
    local name = named(what .. ": the name", key, pattern)
    if name and taken[name] then problem("E205", "%s: '%s' is set by the engine", what, name) end
    if text(("%s: '%s'"):format(what, key), item, 256) and name then out[#out + 1] = { name, item } end
  end
  if #out > 8 then problem("E903", "%s has more than 8 entries", what) end
  return out
end

local function steps_of(what, value)
  local out = {}
  for i, step in ipairs(list(what, value, 8)) do
    local at = type(step) == "table" and number(what, step[1])
    local severity = type(step) == "table" and text(what .. ": a severity", step[2], 32)
    if not (at and severity) then
      problem("E304", "%s: entry %d must be { number, \"severity\" }", what, i)
    elseif #out > 0 and at <= out[#out][1] then
      problem("E305", "%s must ascend: %s comes after %s", what, tostring(at), tostring(out[#out][1]))
    else
      out[#out + 1] = { at, severity }
    end
  end
  return out
end

for name, read in pairs {
  problem = problem,
  hint = hint,
  expect = expect,
  options_of = options_of,
  function_of = function_of,
  text = text,
  number = number,
  flag = flag,
  named = named,
  metric_name = metric_name,
  seconds = seconds,
  list = list,
  field = field,
  fields = fields,
  pairs_of = pairs_of,
  steps_of = steps_of,
} do
  reader[name] = read
end
return reader
