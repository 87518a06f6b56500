-- What the calls of a policy are given, as far as it is written out: the same as the frame checks
-- when a call runs, in the same words, and also where it does not run.
local check = ...
local tree = check.tree
local ipairs, concat = ipairs, table.concat

local options = {}

local PERIODS = { day = true, week = true, month = true }
local TEXTS = { label = true, text = true, flag = true }
local NUMBERS = { number = true, money = true }
local DAY_SECONDS = 86400

-- --- values ---

local function near_text(near)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

-- The kind of a field that is known at the stage.
local function field(c, what, node, stage)
  local name = tree.text(node)
  if not name then return end
  local kind, known_from = c.core.field(name)
  if not kind then
    c.report:at_node("E201", node, "%s: there is no field '%s'%s", what, name, near_text(known_from))
  elseif known_from > c.core.stages[stage] then
    c.report:at_node("E202", node, "%s: '%s' is not known at this stage", what, name)
  else
    return kind, name
  end
end

local function each_once(c, what, nodes)
  local seen = {}
  for _, node in ipairs(nodes) do
    local name = tree.text(node)
    if name and seen[name] then c.report:at_node("E207", node, "%s: '%s' stands there twice", what, name) end
    if name then seen[name] = true end
  end
end

local function fields(c, what, node, stage, only)
  local nodes = tree.elements(node)
  if not tree.table(node) then return end
  for _, element in ipairs(nodes) do
    local kind, name = field(c, what, element, stage)
    if kind and only and not only[kind] then c.report:at_node("E203", element, "%s: '%s' is a %s", what, name, kind) end
  end
  each_once(c, what, nodes)
end

local function duration(c, what, node)
  local text = tree.text(node)
  if not text then return end
  local seconds = c.core.duration(text)
  if not seconds then
    c.report:at_node("E301", node, "%s '%s' is not a duration such as \"10m\" or \"1h\"", what, text)
  elseif seconds > 31 * DAY_SECONDS then
    c.report:at_node("E302", node, "%s '%s' is longer than 31d", what, text)
  else
    return seconds
  end
end

local TAKES = {}

function TAKES.fields(c, what, node, call)
  fields(c, what, node, call.spec.event)
end

function TAKES.dimensions(c, what, node)
  fields(c, what, node, "count", TEXTS)
end

local function of_kind(c, what, node, kinds)
  local kind, name = field(c, what, node, "count")
  if kind and not kinds[kind] then c.report:at_node("E203", node, "%s: '%s' is a %s", what, name, kind) end
end

function TAKES.amount(c, what, node)
  of_kind(c, what, node, NUMBERS)
end

function TAKES.dimension(c, what, node)
  of_kind(c, what, node, TEXTS)
end

TAKES.duration = duration

function TAKES.over(c, what, node)
  if PERIODS[tree.text(node)] then return end
  local seconds = duration(c, what, node)
  if seconds and seconds < 300 then c.report:at_node("E302", node, "%s must be 5m to 31d, day, week or month", what) end
end

local VALUES = {
  status = { "success", "failure", "cancelled" },
  price_status = { "exact", "partial", "included", "unpriced", "model_missing", "usage_missing", "invalid_usage" },
}

local function where_value(c, what, name, item)
  local values = tree.elements(item.value)
  if #values == 0 then c.report:at_node("E308", item.key, "%s: '%s' lists no value", what, name) end
  for _, value in ipairs(values) do options.look_at_value(c, what .. ": ", name, value) end
end

-- A text that a field with few values is held against.
function options.look_at_value(c, what, name, node)
  local known, text = VALUES[name] or name == "class" and c.core.classes, tree.text(node)
  if not text or not known or #known == 0 then return end
  for _, value in ipairs(known) do
    if value == text then return end
  end
  if name == "class" then
    c.report:at_node("W404", node, "%sno classify declares the class '%s'%s", what, text, c.hint(text, known))
  else
    c.report:help_at("it is one of " .. concat(known, ", "), "E308", node, "%s'%s' is never '%s'", what, name, text)
  end
end

function TAKES.where(c, what, node)
  local clauses = tree.table(node)
  for _, item in ipairs(clauses and clauses.items or {}) do
    local kind, name = field(c, what, item.key, "count")
    if kind and not TEXTS[kind] then
      c.report:at_node("E203", item.key, "%s: '%s' is a %s; use where = function(ev) ... end", what, name, kind)
    elseif kind then
      where_value(c, what, name, item)
    end
  end
end

function TAKES.class(c, _, node, call)
  local default, classes = tree.text(node), tree.texts(call.node.args[1])
  for _, class in ipairs(classes or {}) do
    if class == default then return end
  end
  if default and classes then
    c.report:at_node("E209", node, "classify: the default '%s' is not one of the classes%s", default,
                     c.hint(default, classes))
  end
end

-- --- calls ---

local function look_at_options(c, call)
  local given = tree.table(call.options)
  if not given or given.looked_at == call.name then return end
  given.looked_at = call.name
  for _, item in ipairs(given.items) do
    local name = item.key and tree.text(item.key)
    local takes = name and call.spec.takes[name]
    if name and not takes then
      c.report:at_node("E104", item.key, "%s has no option '%s'%s", call.name, name,
                       c.hint(name, c.sorted_keys(call.spec.takes)))
    elseif takes and TAKES[takes] then
      TAKES[takes](c, ("%s: '%s'"):format(call.name, name), item.value, call)
    end
  end
end

local function look_at_first(c, call)
  local first = call.node.args[1]
  if call.name == "derive" then
    for _, node in ipairs(tree.elements(first)) do
      local kind, name = field(c, "derive: the label", node, "derive")
      if kind and kind ~= "label" then c.report:at_node("E203", node, "derive: the label: '%s' is a %s", name, kind) end
    end
    each_once(c, "derive: the label", tree.elements(first))
  elseif call.name == "classify" then
    each_once(c, "classify: the classes", tree.elements(first))
  end
end

-- --- names that are taken ---

local TAKEN = {
  rule = "rule: '%s' with these labels is at %s:%d already",
  budget = "budget: '%s' is at %s:%d already",
  counter = "the metric '%s' is declared at %s:%d already",
  window = "window: the name '%s' is taken: each window with a function has its own",
}
TAKEN.histogram, TAKEN.gauge = TAKEN.counter, TAKEN.counter

local function name_node(call)
  if call.name == "window" then return tree.member(call.options, "name") end
  if call.name == "rule" and (not tree.table(call.options) or tree.item(call.options, "labels")) then return end
  return call.node.args[1]
end

-- Of calls that run in any case.
local function look_at_names(c)
  local seen = {}
  for _, call in ipairs(tree.top_calls(c)) do
    local node = TAKEN[call.name] and name_node(call)
    local name = node and tree.text(node)
    local key = name and TAKEN[call.name] .. name
    if key and seen[key] then
      c.report:at_node("E206", node, TAKEN[call.name], name, c.path, seen[key])
    elseif key then
      seen[key] = call.line
    end
  end
end

-- The first value is lost in silence.
local function look_at_keys(c, node)
  local seen = {}
  for _, item in ipairs(node.items) do
    local key = item.key and (tree.text(item.key) or tree.number(item.key))
    if key and seen[key] then
      c.report:at_node("E227", item.key, "the key '%s' stands there twice: only the last value counts", key)
    end
    if key then seen[key] = true end
  end
end

function options.look(c)
  for _, call in ipairs(c.calls) do
    if c.report:full() then return end
    look_at_options(c, call)
    look_at_first(c, call)
  end
  look_at_names(c)
  for _, node in ipairs(c.nodes) do
    if node.tag == "Table" and not c.report:full() then look_at_keys(c, node) end
  end
end

return options
