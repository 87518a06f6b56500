-- Static checks of policy files: what would fail whenever it runs, found without running it, and
-- the exact place of what was found by running it.
local check, core, names_text = ...
local ipairs, pairs, sort = ipairs, pairs, table.sort

local CALLS_MAX = 20 -- on one line, among which one is looked for

local function sorted_keys(...)
  local out = {}
  for _, set in ipairs { ... } do
    for key in pairs(set) do out[#out + 1] = key end
  end
  sort(out)
  return out
end

local function hint(word, known)
  local near = core.nearest(word, known)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

-- "derive", "math.max", "Window:get", "Event.team": `members` by what is in front; libraries are
-- globals, too.
local function read_names(text)
  local names = { has = {}, members = {}, globals = {} }
  for name in text:gmatch("[^\n]+") do
    local owner, member = name:match("^(.-)[.:](.*)$")
    if owner then
      names.members[owner] = names.members[owner] or {}
      names.members[owner][member] = true
    end
    if not owner or owner:find("^%l") then names.has[owner or name] = true end
  end
  names.globals = sorted_keys(names.has)
  return names
end

local names = read_names(names_text)

-- What the checks work on: `c`.
local function context(path, text)
  local source = check.source(text)
  local c = {
    path = path, source = source, report = check.report(source), core = core, names = names, hint = hint,
    sorted_keys = sorted_keys, calls = {}, calls_by_line = {},
  }

  -- The policy's calls of that name (nil: any) whose arguments begin on the line; 0: the line of a
  -- tail call is lost. The first ones do.
  function c.calls_at(line, name)
    local out = {}
    for _, call in ipairs(line == 0 and c.calls or c.calls_by_line[line] or {}) do
      if not name or call.name == name then out[#out + 1] = call end
      if #out == CALLS_MAX then break end
    end
    return out
  end

  function c.literal(node, word)
    return check.place.literal(c, node, word)
  end
  return c
end

local function find_calls(c)
  for _, node in ipairs(c.nodes) do
    local call = check.tree.call_of(c.source, node)
    if call then
      local line = c.calls_by_line[call.line] or {}
      c.calls_by_line[call.line] = line
      line[#line + 1], c.calls[#c.calls + 1] = call, call
      if call.name == "policy" then c.policy = c.policy or call end
    end
  end
end

-- What other languages write, by the byte at which LuaJIT stops.
local IN_LUA = {
  ["!"] = "Lua writes ~= for 'not equal', and 'not' before what is negated",
  ["&"] = "Lua writes 'and'",
  ["|"] = "Lua writes 'or'",
}

local function in_lua(message)
  if message:find("'then' expected near '='", 1, true) then return "Lua compares with ==" end
  return IN_LUA[message:match("near '(.)'$")]
end

-- The message and the line are LuaJIT's; where in the line our parser knows.
local function add_syntax_error(c, problem, wrong)
  local at, to = c.source:word(problem.line)
  if wrong and c.source:place(wrong.at) == problem.line then
    at, to = c.source:word(problem.line, wrong.at)
  end
  local help = wrong and wrong.help
  c.report:add(problem.code, at, to, problem.text,
               help and ("%s %d:%d"):format(help.text, c.source:place(help.at)) or in_lua(problem.text))
end

local function add_problems(c, problems, wrong)
  for _, problem in ipairs(problems) do
    if c.report:overfull() then break end
    if problem.code == "E010" then
      add_syntax_error(c, problem, wrong)
    else
      local at, to = check.place.find(c, problem)
      c.report:add(problem.code, at, to, problem.text)
    end
  end
end

local function look(c, parsed)
  c.main, c.nodes = parsed.main, parsed.nodes
  check.tree.note_uses(c.nodes)
  find_calls(c)
  c.roles = check.roles(c)
  check.globals(c)
  check.members(c)
  check.options.look(c)
  check.answers(c)
  check.bounds(c)
  check.state(c)
end

-- One file: its path and text, what was reported while it ran ({ line, code, text }) and which
-- calls had labels ({ line, kind, names }). Everything goes to core.add.
return function(path, text, problems, notes)
  local c = context(path, text)
  local parsed, wrong = check.parser(text)
  local loads = not (problems[1] and problems[1].code == "E010")

  if parsed and loads then look(c, parsed) end
  add_problems(c, problems, wrong)
  for _, note in ipairs(c.nodes and notes or {}) do
    if not c.report:overfull() then check.cardinality(c, note) end
  end
  c.report:finish(path, core.add)
end
