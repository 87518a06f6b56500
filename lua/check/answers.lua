-- What functions answer: of the wrong kind, a class that is not declared, or always something, so
-- that a later call is never asked.
local check = ...
local tree = check.tree
local ipairs = ipairs

local COMPARES = { ["=="] = true, ["~="] = true, ["<"] = true, ["<="] = true, [">"] = true, [">="] = true }
local CALCULATES = { ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true, ["%"] = true, ["^"] = true }

local FIELD_KINDS = { label = "text", text = "text", flag = "flag", number = "number", money = "number" }
local COUNTS = { value = true, count = true, get = true }

-- Of a member: a field of an event, the value of a group.
local function member_kind(c, node)
  local role, key = c.roles.of(node.of), tree.text(node.key)
  if role and role.kind == "group" then return COUNTS[key] and "number" end
  return role and key and FIELD_KINDS[c.core.field(key)]
end

-- "number", "text", "flag", "table": what an expression certainly is, where it is not nil or false.
local function kind_of(c, node)
  node = tree.value(node)
  local tag = node and node.tag
  if tag == "Unary" then return node.op == "not" and "flag" or "number" end
  if tag == "Number" or tag == "Binary" and CALCULATES[node.op] then return "number" end
  if tag == "String" or tag == "Binary" and node.op == ".." then return "text" end
  if tag == "True" or tag == "Binary" and COMPARES[node.op] then return "flag" end
  if tag == "Table" or tag == "Function" then return tag:lower() end
  if tag == "Index" then return member_kind(c, node) end
  if tag == "Method" and tree.window(node.of) then return COUNTS[node.name.value] and "number" end
end

local function has_bound(call)
  local options = tree.table(call.options)
  if not options then return end
  return (tree.item(options, "above") or tree.item(options, "below") or tree.item(options, "steps")) ~= nil
end

-- By call: the kinds that its function may answer with, and how that is said.
local WANTED = {
  derive = function(call)
    if tree.table(call.node.args[1]) then return { table = true }, "for several labels the answer must be a table" end
    return { text = true, number = true }, "a label's value must be a text"
  end,
  classify = function() return { text = true }, "a class must be a text" end,
  price = function() return { number = true }, "a price must be a number of USD" end,
  counter = function() return { number = true }, "a counter grows by a number" end,
  histogram = function() return { number = true }, "a histogram takes a number" end,
  gauge = function() return { number = true }, "a gauge takes a number" end,
  budget = function() return { number = true }, "a limit must be a number of USD" end,
  rule = function(call)
    local bound = has_bound(call)
    if bound == nil then return end
    if bound then return { number = true }, "a rule with a bound answers a number" end
    return { flag = true }, "a rule without a bound answers true or false"
  end,
}

local function first_values(fn)
  local out = {}
  for _, node in ipairs(fn.returns) do
    for _, result in ipairs(node.values[1] and tree.results(node.values[1]) or {}) do out[#out + 1] = result end
  end
  return out
end

local function look_at_kinds(c, call)
  local wanted, text = WANTED[call.name](call)
  if not wanted then return end
  for _, node in ipairs(first_values(call.fn)) do
    local kind = kind_of(c, node)
    if kind and not wanted[kind] then c.report:at_node("E323", node, "%s: %s", call.name, text) end
  end
end

local function look_at_classes(c, call)
  local classes, declared = tree.texts(call.node.args[1]), {}
  if not classes then return end
  for _, class in ipairs(classes) do declared[class] = true end
  for _, node in ipairs(first_values(call.fn)) do
    local class = tree.text(node)
    if class and not declared[class] then
      c.report:at_node("E209", node, "classify: '%s' is not one of the classes%s", class, c.hint(class, classes))
    end
  end
end

-- --- always ---

local always -- forward

-- A text that is never empty, a number, or either behind an `or`.
local function certain(node)
  node = node and tree.value(node)
  if not node then return false end
  if node.tag == "Binary" and node.op == "or" then return certain(node.right) end
  return node.tag == "Number" or node.tag == "String" and node.value ~= ""
end

local function always_if(node)
  for _, clause in ipairs(node.clauses) do
    if not always(clause.body) then return false end
  end
  return node.otherwise ~= nil and always(node.otherwise)
end

function always(body)
  local last = body[#body]
  if not last then return false end
  if last.tag == "Do" then return always(last.body) end
  return last.tag == "Return" or last.tag == "If" and always_if(last)
end

local function always_answers(fn)
  for _, node in ipairs(fn.returns) do
    if not certain(node.values[1]) then return false end
  end
  return always(fn.body)
end

local function look_at_order(c)
  local done = {}
  for _, call in ipairs(tree.top_calls(c)) do
    local what = call.name == "derive" and tree.text(call.node.args[1]) or call.name == "classify" and "class"
    local options = tree.table(call.options)
    local free = options and not tree.item(options, "needs") and not tree.item(options, "override")
    if what and done[what] and options and not tree.item(options, "override") then
      c.report:at_node("E322", call.node.of, "%s: never asked: for '%s' the function at line %d always answers",
                       call.name, what, done[what])
    elseif what and free and call.fn and always_answers(call.fn) then
      done[what] = call.line
    end
  end
end

return function(c)
  for _, call in ipairs(c.calls) do
    if c.report:full() then return end
    if call.fn and WANTED[call.name] then look_at_kinds(c, call) end
    if call.fn and call.name == "classify" then look_at_classes(c, call) end
  end
  look_at_order(c)
end
