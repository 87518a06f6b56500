-- Statements. Each has `tag`, `at` and `to`, and by its tag:
--   Local   vars, values;  LocalFunction  var, value;  Assign  targets, values
--   Run     call;  Do  body;  While  condition, body;  Repeat  body, condition
--   If      clauses { condition, body }, otherwise (nil: none)
--   For     vars, values (start, stop, step), body;  ForIn  vars, values, body
--   Return  values;  Break;  Goto  name;  Label  name
--
-- An Assign's targets have `target`, true.
--
-- A variable has name, at, to, kind ("local", "param", "self", "loop"), fn, and where they are
-- known: `value`, the expression it starts as, and `written`, true if it is assigned to later.
local check = ...
local scope, expressions = check.scope, check.expressions
local expression, list, primary = expressions.expression, expressions.list, expressions.primary
local add, deeper = expressions.add, expressions.deeper

local statements = {}

local ENDS = { ["else"] = true, ["elseif"] = true, ["end"] = true, ["until"] = true, ["<eof>"] = true }

local function name(p)
  if not p:is_name() then p.fail(p.at, "<name> expected") end
  local value, at, to = p.value, p.at, p.to
  p:next()
  return value, at, to
end

local function block(p)
  scope.open_block(p)
  local body = statements.chunk(p)
  scope.close_block(p)
  return body
end

-- --- variables ---

local function local_function(p, at)
  local var = scope.new(p, 0, "local", name(p))
  scope.show(p, { var })
  var.value = expressions.body(p, at)
  return { tag = "LocalFunction", var = var, value = var.value }
end

local function local_names(p)
  local vars, values = {}, {}
  repeat vars[#vars + 1] = scope.new(p, #vars, "local", name(p)) until not p:accept(",")
  if p:accept("=") then values = list(p) end
  for i, var in ipairs(vars) do var.value = values[i] end
  scope.show(p, vars)
  return { tag = "Local", vars = vars, values = values }
end

local function function_statement(p, at)
  local global, from, to = name(p)
  local var = scope.find(p, global)
  local target = { tag = "Name", at = from, to = to, name = global, var = var, fn = p.fn.node }
  add(p, target)
  local self_at
  while p.kind == "." or p.kind == ":" do
    self_at = p.kind == ":" and p.at or nil
    p:next()
    local key, key_at, key_to = name(p)
    key = { tag = "String", at = key_at, to = key_to, value = key }
    target = { tag = "Index", at = from, to = key_to, of = target, key = key, dotted = true }
    add(p, target)
    if self_at then break end
  end
  if target.var then target.var.written = true end
  target.target = true
  return { tag = "Assign", targets = { target }, values = { expressions.body(p, at, self_at) } }
end

local function assignment(p, node)
  local targets = {}
  while true do
    if node.tag ~= "Name" and node.tag ~= "Index" then p.fail(p.at, "syntax error") end
    targets[#targets + 1], node.target = node, true
    if node.var then node.var.written = true end
    if not p:accept(",") then break end
    node = primary(p)
    if p.level + #targets >= 200 then p.fail(p.at, "more than 200 variable names") end
  end
  p:expect("=")
  return { tag = "Assign", targets = targets, values = list(p) }
end

local function call_or_assignment(p)
  local node = primary(p)
  if node.tag == "Call" or node.tag == "Method" then return { tag = "Run", call = node } end
  return assignment(p, node)
end

-- --- loops and conditions ---

local function while_loop(p)
  local condition = expression(p)
  scope.open_block(p, true)
  p:expect("do")
  local body = block(p)
  p:expect("end")
  scope.close_block(p)
  return { tag = "While", condition = condition, body = body }
end

local function repeat_loop(p)
  scope.open_block(p, true)
  scope.open_block(p)
  local body = statements.chunk(p)
  p:expect("until")
  local condition = expression(p) -- sees the body's locals
  scope.close_block(p)
  scope.close_block(p)
  return { tag = "Repeat", body = body, condition = condition }
end

-- The loop's own three variables have no names.
local function loop_body(p, hidden, vars)
  scope.show(p, hidden)
  p:expect("do")
  scope.open_block(p)
  scope.show(p, vars)
  local body = block(p)
  scope.close_block(p)
  return body
end

local function loop_var(p, before, value, at, to)
  return scope.new(p, before, "loop", value, at, to)
end

local function for_number(p, hidden, var)
  p:expect("=")
  local values = { expression(p) }
  p:expect(",")
  values[2] = expression(p)
  if p:accept(",") then values[3] = expression(p) end
  return { tag = "For", vars = { var }, values = values, body = loop_body(p, hidden, { var }) }
end

local function for_in(p, hidden, var)
  local vars = { var }
  while p:accept(",") do vars[#vars + 1] = loop_var(p, 3 + #vars, name(p)) end
  p:expect("in")
  local values = list(p)
  return { tag = "ForIn", vars = vars, values = values, body = loop_body(p, hidden, vars) }
end

local function for_loop(p)
  scope.open_block(p, true)
  local value, at, to = name(p)
  if p.kind ~= "=" and p.kind ~= "," and p.kind ~= "in" then p.fail(p.at, "'=' or 'in' expected") end
  local hidden = {}
  for i = 1, 3 do hidden[i] = scope.new(p, i - 1, "hidden") end
  local var = loop_var(p, 3, value, at, to)
  local node = p.kind == "=" and for_number(p, hidden, var) or for_in(p, hidden, var)
  p:expect("end")
  scope.close_block(p)
  return node
end

local function if_statement(p)
  local clauses, otherwise = {}, nil
  repeat
    local condition = expression(p)
    p:expect("then")
    clauses[#clauses + 1] = { condition = condition, body = block(p) }
  until not p:accept("elseif")
  if p:accept("else") then otherwise = block(p) end
  p:expect("end")
  return { tag = "If", clauses = clauses, otherwise = otherwise }
end

local function return_statement(p)
  local values = {}
  if not (ENDS[p.kind] or p.kind == ";") then values = list(p) end
  local node = { tag = "Return", values = values }
  local returns = p.fn.node.returns
  returns[#returns + 1] = node
  return node
end

-- --- labels ---

local function goto_statement(p, at)
  local label = name(p)
  scope.jump(p, label, at)
  return { tag = "Goto", name = label }
end

-- Labels behind one another nest, as they do in LuaJIT.
local function label(p, at)
  local value = name(p)
  scope.label(p, value, at)
  p:expect("::")
  while p.kind == "::" do
    local next_at = p.at
    deeper(p)
    p:next()
    label(p, next_at)
    p.level = p.level - 1
  end
  scope.place_label(p, value, ENDS[p.kind] and p.kind ~= "until")
  return { tag = "Label", name = value }
end

-- --- all ---

local BY_WORD = {
  ["if"] = if_statement,
  ["while"] = while_loop,
  ["for"] = for_loop,
  ["repeat"] = repeat_loop,
  ["function"] = function_statement,
  ["return"] = return_statement,
  ["::"] = label,
  ["do"] = function(p)
    local body = block(p)
    p:expect("end")
    return { tag = "Do", body = body }
  end,
  ["local"] = function(p, at)
    if p:accept("function") then return local_function(p, at) end
    return local_names(p)
  end,
  ["break"] = function(p, at)
    scope.leave_loop(p, at)
    return { tag = "Break" }
  end,
}

-- What is begun and not ended yet is kept in `p.open`, for the sake of messages.
local function statement(p)
  local kind, at = p.kind, p.at
  local outer = p.open
  p.open = { kind = kind, at = at, outer = outer }
  local read, node = BY_WORD[kind]
  if kind == "goto" and p:ahead() == "<name>" then read = goto_statement end
  if read then
    p:next()
    node = read(p, at)
  else
    node = call_or_assignment(p)
  end
  node.at, node.to, p.open = at, p.last, outer
  return add(p, node), kind == "return" or kind == "break"
end

function statements.chunk(p)
  local body, last = {}, false
  deeper(p)
  while not last and not ENDS[p.kind] do
    body[#body + 1], last = statement(p)
    p:accept(";")
    p.ended = last and { statement = body[#body], behind = p.at } or nil
  end
  p.level = p.level - 1
  return body
end

return statements
