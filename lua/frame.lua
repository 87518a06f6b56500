-- The frame that policies are written in: what a file sees, and that each call is made while
-- its file is loaded. Trusted; policies see `base`, never `core` (C, lua_core.c). The calls
-- themselves check what they are given and hand it to C in one normal form: events.lua,
-- ticks.lua.
local core, libraries, reader = ...
local error, ipairs, pairs, setmetatable, type = error, ipairs, pairs, setmetatable, type

local problem, hint, expect, options_of, text, named, list =
  reader.problem, reader.hint, reader.expect, reader.options_of, reader.text, reader.named, reader.list

local base = {} -- the globals of every file
local current -- of the file being loaded: its api table; nil once all are loaded

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

for name, value in pairs(libraries) do
  base[name] = type(value) == "table" and sealed(name, value) or value
end
setmetatable(base, { __index = function(_, name)
  local known = core.keys(base)
  known[#known + 1], known[#known + 2] = "data", "settings"
  error(("there is no global '%s'%s"):format(core.text(name), hint(name, known)), 2)
end })

-- --- calls ---

local function declare(name, body)
  base[name] = function(...)
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
    core.policy(name, settings, options.version, options.owner)
  end
  current.api.data = core.readonly(data, "policy { data } does not name")
  current.api.settings = core.readonly(settings, "policy { settings } has no")
end)

return {
  declare = declare,
  register = register,
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
    for name in pairs(base) do
      if libraries[name] == nil then out[name] = true end
    end
    return out
  end,
}
