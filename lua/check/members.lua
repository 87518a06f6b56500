-- Members of what functions are given: fields of events, labels of groups, methods of windows.
local check = ...
local tree = check.tree
local ipairs = ipairs

local READ_ONLY = {
  event = "an event is read-only: return the answer instead",
  group = "windows and groups are read-only",
}

local function meant(near)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

-- --- events ---

local function look_at_field(c, role, key, name, known)
  local stage, near = c.core.event_member(name)
  if not stage then
    c.report:at_node("E201", key, "an event has no field '%s'%s", name, meant(near))
  elseif stage > role.stage then
    c.report:at_node("E202", key, "'%s' is not known at this stage", name)
  elseif known == "method" and name ~= "has_tag" then
    c.report:at_node("E221", key, "'%s' is a field, no method: write ev.%s", name, name)
  end
end

-- --- groups ---

local function look_at_group(c, role, key, name)
  if c.names.members.Group[name] or role.by and role.by[name] then return end
  if role.by then
    c.report:at_node("E222", key, "this group has no '%s': its window's 'by' does not name it%s", name,
                     c.hint(name, c.sorted_keys(role.by, c.names.members.Group)))
    return
  end
  local kind, near = c.core.field(name)
  if not kind then
    c.report:at_node("E222", key, "a group has no '%s'%s", name, meant(near))
  end
end

local function look_at_role(c, role, key, how)
  local name = tree.text(key)
  if how == "write" then
    c.report:at_node("E017", key, READ_ONLY[role.kind])
  elseif not name then
    return
  elseif role.kind == "event" then
    look_at_field(c, role, key, name, how)
  elseif how == "method" then
    c.report:at_node("E221", key, "a group has no methods: write group.%s", name)
  else
    look_at_group(c, role, key, name)
  end
end

-- --- windows ---

local function look_at_labels(c, node, window)
  local given = node.args[(node.name.value == "per" or node.name.value == "top") and 2 or 1]
  local known = tree.labels(window.args[1])
  if not given or given.tag ~= "Table" or not known then return end
  for _, item in ipairs(given.items) do
    local label = item.key and tree.text(item.key)
    if label and not known[label] then
      c.report:at_node("E223", item.key, "this window has no '%s': its 'by' does not name it%s", label,
                       c.hint(label, c.sorted_keys(known)))
    end
  end
end

local function no_method(c, node, name)
  local methods = c.names.members.Window
  c.report:at_node("E224", node, "a window has no '%s'%s", name, c.hint(name, c.sorted_keys(methods)))
end

local function look_at_window(c, node, window)
  local name = node.name.value
  if not c.names.members.Window[name] then
    return no_method(c, node.name, name)
  end
  if node.fn == c.main or c.roles.event_functions[node.fn] then
    c.report:at_node("E225", node, "windows can be read only in rule and budget functions")
  end
  if name == "per" then
    local unit = tree.text(node.args[1])
    local seconds = unit and c.core.duration(unit)
    if unit and not (seconds and seconds > 0) then
      c.report:at_node("E301", node.args[1], "'%s' is not a duration such as \"1h\"", unit)
    end
  end
  look_at_labels(c, node, window)
end

-- --- all ---

local LOOK = {}

function LOOK.Index(c, node)
  local role = c.roles.of(node.of)
  if role then return look_at_role(c, role, node.key, node.target and "write" or "read") end
  if tree.window(node.of) and node.target then
    c.report:at_node("E017", node.key, READ_ONLY.group)
  elseif tree.window(node.of) and not c.names.members.Window[tree.text(node.key) or "get"] then
    no_method(c, node.key, tree.text(node.key))
  end
end

function LOOK.Method(c, node)
  local role, window = c.roles.of(node.of), tree.window(node.of)
  if role then return look_at_role(c, role, node.name, "method") end
  if window then look_at_window(c, node, window) end
end

-- ev.has_tag("x"): the event is missing.
function LOOK.Call(c, node)
  local of = node.of
  if of.tag ~= "Index" or not of.dotted then return end
  local role, name = c.roles.of(of.of), of.key.value
  local method = role and role.kind == "event" and name == "has_tag"
    or tree.window(of.of) and c.names.members.Window[name]
  local same = node.args[1] and node.args[1].tag == "Name" and of.of.tag == "Name" and node.args[1].var == of.of.var
  if method and not same then
    c.report:at_node("E226", of, "call it with a colon: %s:%s(...)", of.of.name or "ev", name)
  end
end

return function(c)
  for _, node in ipairs(c.nodes) do
    local look = LOOK[node.tag]
    if look and not c.report:full() then look(c, node) end
  end
end
