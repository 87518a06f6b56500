-- What a function would keep from one event or tick to the next: each thread has its own state, a
-- reload starts anew, and a replay would see something else.
local check = ...
local tree = check.tree
local ipairs = ipairs

local CHANGERS = { insert = true, remove = true, sort = true }
local CHAIN_MAX = 20 -- a.b.c...

-- The variable whose table an index, or the first argument of a call, reaches into. A window is
-- read-only, which is said elsewhere.
local function owner(node)
  for _ = 1, CHAIN_MAX do
    if node.tag == "Paren" then
      node = node.inner
    elseif node.tag == "Index" then
      node = node.of
    else
      break
    end
  end
  return node.tag == "Name" and not tree.window(node) and node or nil
end

-- The table that a call of table.insert and the like changes.
local function changed(node)
  local of = node.of
  if of.tag ~= "Index" or tree.global(of.of) ~= "table" or not CHANGERS[tree.text(of.key) or ""] then return end
  return node.args[1] and owner(node.args[1])
end

-- Of each function: those within it and those that it names; and what it writes outside of it.
local function look_into(c)
  local names, writes = {}, {}
  local function note(list, fn, item)
    local items = list[fn] or {}
    list[fn], items[#items + 1] = items, item
  end
  local function note_write(at, name, of_table)
    local var = name and name.var
    if var and var.fn.node ~= name.fn then note(writes, name.fn, { node = at, var = var, of_table = of_table }) end
  end
  for _, node in ipairs(c.nodes) do
    if node.tag == "Function" then
      note(names, node.within, node)
    elseif node.tag == "Name" and node.target then
      note_write(node, node, false)
    elseif node.tag == "Name" and node.var then
      local fn = tree.func(node)
      if fn then note(names, node.fn, fn) end
    elseif node.tag == "Index" and node.target then
      note_write(node, owner(node), true)
    elseif node.tag == "Call" then
      note_write(node, changed(node), true)
    end
  end
  return names, writes
end

-- The functions that C calls, and all that may be called by them.
local function reachable(c, names)
  local todo, seen = {}, {}
  local function add(fn)
    if fn and not seen[fn] then seen[fn], todo[#todo + 1] = true, fn end
  end
  for _, call in ipairs(c.calls) do
    if call.spec.event or call.spec.group then add(call.fn) end
    for _, option in ipairs { "sum", "max", "where", "annotations" } do add(tree.func(tree.member(call.options, option))) end
  end
  while #todo > 0 do
    local fn = todo[#todo]
    todo[#todo] = nil
    for _, called in ipairs(names[fn] or {}) do add(called) end
  end
  return seen
end

local function report(c, write)
  if write.of_table then
    c.report:at_node("W406", write.node, "'%s' outlives the call, and what is changed in it, too", write.var.name)
  else
    c.report:help_at("make it a local of the function; sums and counts over events are windows and counters", "E228",
                     write.node, "'%s' outlives the call: functions keep nothing from one event to the next",
                     write.var.name)
  end
end

return function(c)
  local names, writes = look_into(c)
  local seen = reachable(c, names)
  for _, node in ipairs(c.nodes) do
    for _, write in ipairs(seen[node] and writes[node] or {}) do
      -- A variable of a function that is called itself is made anew by each call.
      if not seen[write.var.fn.node] and not c.report:full() then report(c, write) end
    end
  end
end
