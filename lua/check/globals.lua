-- Names that a policy does not have: globals, members of libraries, data and settings, methods of
-- texts. All of it is what would fail when it runs, if it runs.
local check = ...
local tree = check.tree
local ipairs = ipairs

local READ_ONLY = "'%s' cannot be set: globals are read-only, use local"

-- What those who know Lua miss, and what there is instead.
local INSTEAD = {
  print = "nothing is printed: a reason is kept beside each answer, and `explain` shows it",
  os = "there is no clock: an event has ev.time, a group group.age",
  io = "files are read as policy { data }",
  require = "a policy is one file: what several share is data",
  load = "a policy is one file: what several share is data",
  next = "use pairs, which goes by key",
  setmetatable = "plain tables and local functions do",
  coroutine = "functions run to their end",
  xpcall = "use pcall",
}
INSTEAD.test = "tests stand in files *_test.lua, and `spendwarden test` runs them"
INSTEAD.todo, INSTEAD.null, INSTEAD.None = INSTEAD.test, "write nil", "write nil"
INSTEAD.dofile, INSTEAD.loadfile, INSTEAD.loadstring = INSTEAD.load, INSTEAD.load, INSTEAD.load
INSTEAD.getmetatable = INSTEAD.setmetatable
local INSTEAD_OF_MEMBERS = {
  ["math.random"] = "the same events have to give the same answers: there is no chance",
  ["math.randomseed"] = "the same events have to give the same answers: there is no chance",
  ["table.getn"] = "write #list",
  ["string.split"] = "use text:gmatch(\"[^,]+\")",
}

local function look_at_global(c, node)
  if node.target then
    c.report:at_node("E014", node, READ_ONLY, node.name)
  elseif not c.names.has[node.name] then
    c.report:help_at(INSTEAD[node.name], "E013", node, "there is no global '%s'%s", node.name,
                     c.hint(node.name, c.names.globals))
  end
end

-- --- members ---

local function look_at_library(c, library, key)
  if c.names.members[library][key.value] then return end
  c.report:help_at(INSTEAD_OF_MEMBERS[library .. "." .. key.value], "E015", key, "policies have no %s.%s%s", library,
                   key.value, c.hint(key.value, c.sorted_keys(c.names.members[library])))
end

-- What policy { data, settings } lists, as keys; nil: it cannot be told by looking.
local function listed(c, option)
  local call = c.policy
  local options = call and tree.table(call.options)
  if not options then return end
  local value, out = tree.member(options, option), {}
  if not value then return out end
  if option == "data" then
    local names = tree.texts(value)
    for _, name in ipairs(names or {}) do out[name] = true end
    return names and out
  end
  local settings = tree.table(value)
  for _, item in ipairs(settings and settings.items or {}) do
    local key = item.key and tree.text(item.key)
    if not key then return end
    out[key] = true
  end
  return settings and out
end

local function look_at_own(c, name, key)
  local known = c.own[name]
  if not known or known[key.value] then return end
  local names = c.sorted_keys(known)
  local code = name == "data" and "E018" or "E019"
  local format = name == "data" and "policy { data } does not name '%s'%s" or "policy { settings } has no '%s'%s"
  c.report:at_node(code, key, format, key.value, c.hint(key.value, names))
end

-- --- texts ---

local CHAIN_MAX = 20 -- calls of a text's methods on what another gave
local TEXT_METHODS = { sub = true, lower = true, upper = true, rep = true, reverse = true, format = true, gsub = true }

local function is_text(c, node)
  for _ = 1, CHAIN_MAX do
    if not node or node.tag ~= "Method" then break end
    if not TEXT_METHODS[node.name.value] then return false end
    node = tree.value(node.of)
  end
  local kind = node and node.tag
  if kind == "Binary" then return node.op == ".." end
  if kind == "Call" then return tree.global(node.of) == "tostring" end
  return kind == "String" or kind == "Index" and c.roles.is_text(node)
end

-- --- all ---

local LOOK = {}

function LOOK.Name(c, node)
  if not node.var then look_at_global(c, node) end
end

-- data.x = 1, string.x = 1, also further in.
local function look_at_write(c, node)
  local key, of = node.key, nil
  for _ = 1, CHAIN_MAX do
    of, node = tree.global(node.of), tree.value(node.of)
    if of or not node or node.tag ~= "Index" then break end
  end
  if of == "data" or of == "settings" then
    c.report:at_node("E017", key, "data and settings are read-only")
  elseif of and c.names.has[of] and c.names.members[of] then
    c.report:at_node("E017", key, READ_ONLY, tree.text(key) or "?")
  end
end

function LOOK.Index(c, node)
  if node.target then return look_at_write(c, node) end
  local of, text = tree.global(node.of), tree.text(node.key)
  if not of or not text then return end
  local key = { at = node.key.at, to = node.key.to, value = text }
  if c.names.has[of] and c.names.members[of] then look_at_library(c, of, key) end
  if c.own[of] then look_at_own(c, of, key) end
end

function LOOK.Method(c, node)
  if is_text(c, tree.value(node.of)) then look_at_library(c, "string", node.name) end
end

function LOOK.Number(c, node)
  if node.odd then
    c.report:at_node("E016", node, "a 64-bit or imaginary number is of no use here: write a plain one")
  end
end

return function(c)
  c.own = { data = listed(c, "data"), settings = listed(c, "settings") }
  for _, node in ipairs(c.nodes) do
    local look = LOOK[node.tag]
    if look and not c.report:full() then look(c, node) end
  end
end
