-- Expressions, read as LuaJIT reads them: the same trees, the same bound on nesting.
--
-- A node has `tag`, `at` and `to` (its first and last byte), `index` (among all nodes; its parts
-- are right before it) and, by its tag:
--   Nil True False Vararg
--   Number  value, odd (64-bit or imaginary)
--   String  value
--   Name    name, var (nil: global), fn (the Function that it stands in)
--   Index   of, key, dotted
--   Call    of, args, open (where the arguments begin), fn
--   Method  of, name (a String), args, open, fn
--   Function  params, vararg, body, returns, last (the byte of its `end`), within (a Function)
--   Table   items { key (nil: by position), value, named (the key is written as a name) }
--   Unary   op, operand;  Binary  op, left, right;  Paren  inner
local check = ...
local scope = check.scope

local expressions = {}

local LEVELS_MAX = 200
local UNARY = { ["not"] = true, ["-"] = true, ["#"] = true }
local UNARY_PRIORITY = 8
local LEFT, RIGHT = {}, { ["^"] = 9, [".."] = 4 }
for priority, symbols in pairs { "or", "and", "== ~= < <= > >=", [5] = "..", [6] = "+ -", [7] = "* / %", [10] = "^" } do
  for symbol in symbols:gmatch("%S+") do
    LEFT[symbol], RIGHT[symbol] = priority, RIGHT[symbol] or priority
  end
end
local CONSTANTS = { ["nil"] = "Nil", ["true"] = "True", ["false"] = "False" }

function expressions.deeper(p)
  p.level = p.level + 1
  if p.level >= LEVELS_MAX then p.fail(p.at, "too many syntax levels") end
end

function expressions.add(p, node)
  local nodes = p.nodes
  node.index = #nodes + 1
  nodes[node.index] = node
  return node
end

local add = expressions.add
local binary -- forward

function expressions.expression(p)
  return binary(p, 0)
end

function expressions.list(p)
  local list = { binary(p, 0) }
  while p:accept(",") do list[#list + 1] = binary(p, 0) end
  return list
end

local expression, list = expressions.expression, expressions.list

local function string_node(p)
  local node = add(p, { tag = "String", at = p.at, to = p.to, value = p.value })
  p:next()
  return node
end

-- A name as the text that it stands for: after a dot, as a table's key.
local function name_text(p)
  if not p:is_name() then p.fail(p.at, "<name> expected") end
  return string_node(p)
end

-- --- tables and functions ---

local function item(p)
  if p.kind == "[" then
    p:next()
    local key = expression(p)
    p:expect("]")
    p:expect("=")
    return { key = key, value = expression(p) }
  elseif p:is_name() and p:ahead() == "=" then
    local key = name_text(p)
    p:expect("=")
    return { key = key, value = expression(p), named = true }
  end
  return { value = expression(p) }
end

local function table_node(p)
  local at, items = p.at, {}
  p:expect("{")
  while p.kind ~= "}" do
    items[#items + 1] = item(p)
    if not (p:accept(",") or p:accept(";")) then break end
  end
  p:expect("}")
  return add(p, { tag = "Table", at = at, to = p.last, items = items })
end

local function parameters(p, node, self_at)
  local params = node.params
  p:expect("(")
  if self_at then params[1] = scope.new(p, 0, "self", "self", self_at, self_at) end
  if p.kind ~= ")" then
    repeat
      if p:is_name() then
        params[#params + 1] = scope.new(p, #params, "param", p.value, p.at, p.to)
      elseif p.kind == "..." then
        node.vararg = true
      else
        p.fail(p.at, "<name> or '...' expected")
      end
      p:next()
    until node.vararg or not p:accept(",")
  end
  scope.show(p, params)
  p:expect(")")
end

-- From its "(" to its `end`; `at`: where it began.
function expressions.body(p, at, self_at)
  local node = { tag = "Function", at = at, params = {}, vararg = false, returns = {}, within = p.fn.node }
  local outer = p.open
  p.open = { kind = "function", at = at, outer = outer }
  scope.open_function(p, node)
  parameters(p, node, self_at)
  node.body = check.statements.chunk(p)
  if p.kind ~= "end" then p.fail(p.at, "'end' expected") end
  scope.close_function(p)
  node.last, node.to, p.open = p.at, p.to, outer
  p:next()
  return add(p, node)
end

-- --- what begins with a name or a parenthesis ---

local function arguments(p)
  if p.kind == "{" then return { table_node(p) } end
  if p.kind == "<string>" then return { string_node(p) } end
  if p.kind ~= "(" then p.fail(p.at, "function arguments expected") end
  if p.fresh then p.fail(p.at, "ambiguous syntax") end
  p:next()
  local args = p.kind == ")" and {} or list(p)
  p:expect(")")
  return args
end

local function first(p)
  local at = p.at
  if p:is_name() then
    local name, to = p.value, p.to
    p:next()
    return add(p, { tag = "Name", at = at, to = to, name = name, var = scope.find(p, name), fn = p.fn.node })
  elseif p:accept("(") then
    local inner = expression(p)
    p:expect(")")
    return add(p, { tag = "Paren", at = at, to = p.last, inner = inner })
  end
  p.fail(at, "unexpected symbol")
end

local SUFFIX = {}

SUFFIX["."] = function(p, of)
  p:next()
  local key = name_text(p)
  return { tag = "Index", at = of.at, to = p.last, of = of, key = key, dotted = true }
end

SUFFIX["["] = function(p, of)
  p:next()
  local key = expression(p)
  p:expect("]")
  return { tag = "Index", at = of.at, to = p.last, of = of, key = key }
end

SUFFIX[":"] = function(p, of)
  p:next()
  local name, open = name_text(p), p.at
  local args = arguments(p)
  return { tag = "Method", at = of.at, to = p.last, of = of, name = name, args = args, open = open, fn = p.fn.node }
end

SUFFIX["("] = function(p, of)
  local open = p.at
  local args = arguments(p)
  return { tag = "Call", at = of.at, to = p.last, of = of, args = args, open = open, fn = p.fn.node }
end

SUFFIX["{"], SUFFIX["<string>"] = SUFFIX["("], SUFFIX["("]

function expressions.primary(p)
  local node = first(p)
  while SUFFIX[p.kind] do node = add(p, SUFFIX[p.kind](p, node)) end
  return node
end

-- --- operators ---

local function simple(p)
  local kind, at, to = p.kind, p.at, p.to
  local tag = CONSTANTS[kind]
  if tag then
    p:next()
    return add(p, { tag = tag, at = at, to = to })
  elseif kind == "<number>" then
    local node = add(p, { tag = "Number", at = at, to = to, value = p.value, odd = p.odd })
    p:next()
    return node
  elseif kind == "<string>" then
    return string_node(p)
  elseif kind == "..." then
    if not p.fn.node.vararg then p.fail(at, "cannot use '...' outside a vararg function") end
    p:next()
    return add(p, { tag = "Vararg", at = at, to = to })
  elseif kind == "{" then
    return table_node(p)
  elseif kind == "function" then
    p:next()
    return expressions.body(p, at)
  end
  return expressions.primary(p)
end

local function unary(p)
  local op, at = p.kind, p.at
  if not UNARY[op] then return simple(p) end
  p:next()
  local operand = binary(p, UNARY_PRIORITY)
  return add(p, { tag = "Unary", at = at, to = p.last, op = op, operand = operand })
end

function binary(p, limit)
  expressions.deeper(p)
  local left = unary(p)
  while LEFT[p.kind] and LEFT[p.kind] > limit do
    local op = p.kind
    p:next()
    local right = binary(p, RIGHT[op])
    left = add(p, { tag = "Binary", at = left.at, to = p.last, op = op, left = left, right = right })
  end
  p.level = p.level - 1
  return left
end

return expressions
