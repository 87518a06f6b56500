-- Bounds and conditions that exclude one another: what can never be true, or always is.
local check = ...
local tree, options = check.tree, check.options
local ipairs = ipairs

local SHARE_MAX = 10 -- of a limit: above it, somebody wrote per cent

-- Whether the function does nothing but answer with the group's value.
local function is_plain(c, fn)
  local only = fn and fn.body[1]
  if not only or only.tag ~= "Return" or #only.values ~= 1 then return false end
  local node = tree.value(only.values[1])
  local role = node.tag == "Index" and c.roles.of(node.of)
  return role and role.kind == "group" and tree.text(node.key) == "value"
end

-- Whether the window's values are never below 0.
local function is_positive(call)
  local window = tree.window(tree.member(call.options, "over"))
  local given = window and tree.table(window.args[1])
  if not given then return false end
  local amount = tree.text(tree.member(given, "sum") or tree.member(given, "max"))
  return amount and amount ~= "drift_usd" or tree.item(given, "count") ~= nil or tree.item(given, "distinct") ~= nil
end

local function look_at_rule(c, call)
  local given = tree.table(call.options)
  if not given or not is_plain(c, call.fn) then return end
  local function bound(name) return tree.number(tree.member(given, name)) end
  local function report(name, ...) c.report:at_node("E321", tree.item(given, name).key, ...) end

  local above, below, min = bound("above"), bound("below"), bound("min")
  if below and min and min >= below then
    report("min", "rule: 'min' and 'below' exclude each other: no value is below %g and at least %g", below, min)
  end
  if below and below <= 0 and is_positive(call) then
    report("below", "rule: 'below': this window's value is never below %g", below)
  end
  if above and above < 0 and is_positive(call) then
    report("above", "rule: 'above': this window's value is always above %g", above)
  end
end

local function look_at_window(c, call)
  local given = tree.table(call.options)
  local by = given and tree.texts(tree.member(given, "by"))
  for _, label in ipairs(by or {}) do
    local clause = tree.item(tree.member(given, "where"), label)
    if clause and clause.value.tag == "False" and label ~= "cache_hit" and label ~= "stream" then
      c.report:at_node("E321", clause.key, "%s: 'by' and 'where' exclude each other: '%s' is missing in all of it",
                       call.name, label)
    end
  end
end

local function look_at_steps(c, call)
  for _, step in ipairs(tree.elements(tree.member(call.options, "steps"))) do
    local at = tree.table(step) and tree.number(tree.elements(step)[1])
    if at and at >= SHARE_MAX then
      c.report:at_node("W403", tree.elements(step)[1], "budget: 'steps': %g times the limit", at,
                       ("a step is a share of the limit: %g for %g%%"):format(at / 100, at))
    end
  end
end

-- ev.status == "error"
local function look_at_comparison(c, node)
  if node.op ~= "==" and node.op ~= "~=" then return end
  for _, pair in ipairs { { node.left, node.right }, { node.right, node.left } } do
    local index = tree.value(pair[1])
    local role = index and index.tag == "Index" and c.roles.of(index.of)
    local name = role and role.kind == "event" and tree.text(index.key)
    if name then options.look_at_value(c, "", name, pair[2]) end
  end
end

return function(c)
  for _, call in ipairs(c.calls) do
    if c.report:full() then return end
    if call.name == "rule" then look_at_rule(c, call) end
    if call.name == "window" or call.name == "budget" then look_at_window(c, call) end
    if call.name == "budget" then look_at_steps(c, call) end
  end
  for _, node in ipairs(c.nodes) do
    if node.tag == "Binary" and not c.report:full() then look_at_comparison(c, node) end
  end
end
