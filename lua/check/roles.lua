-- What parameters stand for: the event of a stage, the group of a window. Known from the calls
-- that a function is handed to, and passed on to functions that it calls itself.
--
-- A role is { kind = "event", stage } or { kind = "group", by (labels as keys; nil: any) }. One
-- function may have several callers: it may then do what any of them may.
local check = ...
local tree = check.tree
local ipairs, pairs = ipairs, pairs

local function stage_of(c, name)
  return c.core.stages[name]
end

local function group_role(call)
  local source = call
  if call.spec.group == "over" then
    local window = tree.window(tree.member(call.options, "over"))
    source = window and { options = window.args[1] }
  end
  return { kind = "group", by = source and tree.labels(source.options) }
end

local MIXED = { kind = "mixed" }

local function merged(old, new)
  if not old then return new end
  if old.kind ~= new.kind or old == MIXED then return MIXED end
  if old.kind == "event" then return old.stage >= new.stage and old or new end
  if not old.by then return old end
  if not new.by then return new end
  local by, more = {}, false
  for label in pairs(old.by) do by[label] = true end
  for label in pairs(new.by) do
    more = more or not by[label]
    by[label] = true
  end
  return more and { kind = "group", by = by } or old
end

-- The first parameter of a function that a policy's call takes.
local function assign(roles, fn, role, todo)
  local var = fn and fn.params[1]
  if not var or var.written then return end
  local role_now = merged(roles.of_var[var], role)
  if role_now == roles.of_var[var] then return end
  roles.of_var[var] = role_now
  todo[#todo + 1] = var
end

local function begin(c, roles, todo)
  for _, call in ipairs(c.calls) do
    local spec = call.spec
    if spec.event then assign(roles, call.fn, { kind = "event", stage = stage_of(c, spec.event) }, todo) end
    if spec.group then assign(roles, call.fn, group_role(call), todo) end
    local annotations = tree.func(tree.member(call.options, "annotations"))
    if spec.group then assign(roles, annotations, group_role(call), todo) end
    for _, option in ipairs { "sum", "max", "where" } do
      if spec.takes[option] and spec.takes[option] ~= "any" then
        local fn = tree.func(tree.member(call.options, option))
        assign(roles, fn, { kind = "event", stage = stage_of(c, "count") }, todo)
      end
    end
  end
end

-- For each variable the parameters and variables that it is handed on to.
local function receivers_of(nodes)
  local out = {}
  local function add(node, var)
    if not node or node.tag ~= "Name" or not node.var or not var or var.written then return end
    local list = out[node.var] or {}
    out[node.var], list[#list + 1] = list, var
  end
  for _, node in ipairs(nodes) do
    if node.tag == "Call" then
      local fn = tree.func(node.of)
      for i, arg in ipairs(fn and node.args or {}) do add(arg, fn.params[i]) end
    elseif node.tag == "Local" then
      for i, var in ipairs(node.vars) do add(node.values[i], var) end
    end
  end
  return out
end

local function pass_on(roles, todo, receivers)
  while #todo > 0 do
    local var = todo[#todo]
    todo[#todo] = nil
    for _, to in ipairs(receivers[var] or {}) do
      local role = merged(roles.of_var[to], roles.of_var[var])
      if role ~= roles.of_var[to] then
        roles.of_var[to] = role
        todo[#todo + 1] = to
      end
    end
  end
end

-- The functions that run for events, and so may not read windows.
local function mark_functions(c, roles, nodes)
  for _, call in ipairs(c.calls) do
    if call.spec.event and call.fn then roles.event_functions[call.fn] = true end
  end
  for _, node in ipairs(nodes) do
    if node.tag == "Function" then
      for _, var in ipairs(node.params) do
        local role = roles.of_var[var]
        if role and role.kind == "event" then roles.event_functions[node] = true end
      end
    end
  end
end

return function(c)
  local roles, todo = { of_var = {}, event_functions = {} }, {}

  begin(c, roles, todo)
  pass_on(roles, todo, receivers_of(c.nodes))
  mark_functions(c, roles, c.nodes)

  -- The role of an expression, nil: none that is known.
  function roles.of(node)
    while node and node.tag == "Paren" do node = node.inner end
    local role = node and node.tag == "Name" and node.var and roles.of_var[node.var]
    return role and role ~= MIXED and role or nil
  end

  -- Whether it is a field of an event that is text where it is there.
  function roles.is_text(node)
    local role, key = roles.of(node.of), tree.text(node.key)
    local kind = role and role.kind == "event" and key and c.core.field(key)
    return kind == "label" or kind == "text"
  end

  return roles
end
