-- What a file of tests sees: `test`, `todo`, `use`, the libraries and `t`, whose calls are in
-- `api`. Trusted; tests never see `core` (C, lua_test.c).
local core, words, run, api, libraries = ...
local ipairs, pairs, setmetatable, type = ipairs, pairs, setmetatable, type

local misuse = run.misuse
local hint = words.hint

local t = {}
local methods, names = {}, {}
for name, call in pairs(api) do
  names[#names + 1] = name
  methods[name] = function(self, ...)
    if self ~= t then misuse("call it as t:%s(...)", name) end
    if not run.state then misuse("a test is over") end
    return call(...)
  end
end

local function no_write(_, name)
  misuse("'%s' cannot be set: use local", core.text(name))
end

setmetatable(t, { __newindex = no_write, __metatable = false, __index = function(_, name)
  return methods[name] or misuse("t has no '%s'%s", core.text(name), hint(name, names))
end })

local cases = {} -- functions, in the order of declaration
local loading = true

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
    run.state = { expected = {}, allowed = {}, forgiven = {}, events = 0 }
    cases[i](t)
    run.finish()
  end,
}
