-- Questions about a tree that do not depend on what is looked for.
local check = ...
local ipairs = ipairs

local tree = {}

local FOLLOWED_MAX = 20 -- variables of variables
local TEXTS_MAX = 100

-- What an expression certainly is: parentheses and variables that are never written again are
-- looked through. True behind it: others may have changed what is in it.
function tree.value(node)
  local shared = false
  for _ = 1, FOLLOWED_MAX do
    if not node then return end
    if node.tag == "Paren" then
      node = node.inner
    elseif node.tag == "Name" and node.var and node.var.value and not node.var.written then
      shared = shared or (node.var.uses or 0) > (node.var.readings or 0)
      node = node.var.value
    else
      return node, shared
    end
  end
end

local value = tree.value

-- The text or number that an expression certainly is.
function tree.text(node)
  node = value(node)
  return node and node.tag == "String" and node.value or nil
end

function tree.number(node)
  node = value(node)
  if not node then return end
  if node.tag == "Unary" and node.op == "-" then
    local positive = tree.number(node.operand)
    return positive and -positive
  end
  return node.tag == "Number" and not node.odd and node.value or nil
end

-- The global that an expression certainly is.
function tree.global(node)
  node = value(node)
  return node and node.tag == "Name" and not node.var and node.name or nil
end

function tree.table(node)
  local shared
  node, shared = value(node)
  return node and not shared and node.tag == "Table" and node or nil
end

function tree.func(node)
  node = value(node)
  return node and node.tag == "Function" and node or nil
end

-- What was once found of a table is kept with it: many calls may share one.
local function kept(name, find)
  return function(node)
    local list = tree.table(node)
    if not list then return end
    if list[name] == nil then list[name] = find(list) or false end
    return list[name] or nil
  end
end

local by_key = kept("by_key", function(list)
  local out = {}
  for _, item in ipairs(list.items) do
    local key = item.key and tree.text(item.key)
    if key then out[key] = out[key] or item end
  end
  return out
end)

-- The item of a table with this key.
function tree.item(node, key)
  local items = by_key(node)
  return items and items[key]
end

function tree.member(node, key)
  local item = tree.item(node, key)
  return item and item.value
end

local elements_of = kept("elements", function(list)
  local out = {}
  for _, item in ipairs(list.items) do
    if not item.key then out[#out + 1] = item.value end
  end
  return out
end)

-- The expressions of a list, or of one that stands for a list of one.
function tree.elements(node)
  return elements_of(node) or { node }
end

-- The texts of a list; nil if any of it is not certain, or there are more than anything takes.
tree.texts = kept("texts", function(list)
  local out = {}
  if #list.items > TEXTS_MAX then return end
  for _, item in ipairs(list.items) do
    local text = not item.key and tree.text(item.value)
    if not text then return end
    out[#out + 1] = text
  end
  return out
end)

-- The labels of a call's `by`, as keys; nil: it cannot be told by looking.
function tree.labels(options)
  if not tree.table(options) then return end
  local by, out = tree.member(options, "by"), {}
  if not by then return out end
  local texts = tree.texts(by)
  for _, text in ipairs(texts or {}) do out[text] = true end
  return texts and out
end

-- What an expression may be in the end: of `a and b or c` these are b and c.
function tree.results(node)
  local todo, out = { node }, {}
  while #todo > 0 do
    node = todo[#todo]
    todo[#todo] = nil
    while node.tag == "Paren" do node = node.inner end
    if node.tag == "Binary" and (node.op == "and" or node.op == "or") then
      todo[#todo + 1] = node.right
      if node.op == "or" then todo[#todo + 1] = node.left end
    else
      out[#out + 1] = node
    end
  end
  return out
end

-- The statements of the file itself that are calls of a policy, or locals that begin as one.
function tree.top_calls(c)
  local by_node, out = {}, {}
  for _, call in ipairs(c.calls) do by_node[call.node] = call end
  for _, statement in ipairs(c.main.body) do
    local nodes = statement.tag == "Run" and { statement.call } or statement.tag == "Local" and statement.values or {}
    for _, node in ipairs(nodes) do out[#out + 1] = by_node[node] end
  end
  return out
end

-- The call of a policy that a node is: { name, node, spec, options, fn, line }.
function tree.call_of(source, node)
  if not node or node.tag ~= "Call" then return end
  local name = tree.global(node.of)
  local spec = name and check.calls[name]
  if not spec then return end
  return {
    name = name, node = node, spec = spec, line = (source:place(node.open)),
    options = node.args[spec.options], fn = tree.func(node.args[spec.fn]),
  }
end

-- --- uses of variables ---

local READERS = { ipairs = true, pairs = true, unpack = true, tostring = true, type = true }

local function read(node)
  if node and node.tag == "Name" and node.var then node.var.readings = (node.var.readings or 0) + 1 end
end

-- A policy's calls read what they are given, also what stands in their options.
local function read_arguments(node, name)
  for _, arg in ipairs(node.args) do
    read(arg)
    for _, item in ipairs(check.calls[name] and arg.tag == "Table" and arg.items or {}) do read(item.value) end
  end
end

-- Notes of each variable how often it is used, and how often so that nothing in it can change.
function tree.note_uses(nodes)
  for _, node in ipairs(nodes) do
    if node.tag == "Name" and node.var then
      node.var.uses = (node.var.uses or 0) + 1
    elseif node.tag == "Index" and not node.target then
      read(node.of)
    elseif node.tag == "Unary" then
      read(node.operand)
    elseif node.tag == "Call" then
      local name = node.of.tag == "Name" and not node.of.var and node.of.name
      if check.calls[name] or READERS[name] then read_arguments(node, name) end
    end
  end
end

-- What calls of a window give.
function tree.window(node)
  node = value(node)
  return node and node.tag == "Call" and tree.global(node.of) == "window" and node or nil
end

return tree
