-- Who a name is: variables, blocks and labels, under the bounds that LuaJIT sets itself.
local ipairs = ipairs
local scope = {}

local LOCALS_MAX, UPVALUES_MAX, STACK_MAX = 200, 60, 65536 - 60

-- --- functions and blocks ---

function scope.open_block(p, loop)
  p.block = { parent = p.block, active = p.fn.active, hidden = #p.hidden, loop = loop }
end

-- Of the gotos to one label, the one that jumps from the least variables stands for all.
local function add_jump(block, name, at, active)
  block.jumps, block.jump_names = block.jumps or {}, block.jump_names or {}
  local known = block.jumps[name]
  if not known then block.jump_names[#block.jump_names + 1] = name end
  if not known or active < known.active then block.jumps[name] = { at = at, active = active } end
end

-- Gotos that found no label here look for one further out.
local function pass_on(p, block)
  local outer = block.parent
  for _, name in ipairs(block.jump_names or {}) do
    local jump = block.jumps[name]
    if jump and not outer then p.fail(jump.at, "undefined label") end
    if jump and not (outer.labels and outer.labels[name]) then add_jump(outer, name, jump.at, block.active) end
  end
end

function scope.close_block(p)
  local block, hidden = p.block, p.hidden
  for i = #hidden, block.hidden + 1, -1 do
    local entry = hidden[i]
    p.visible[entry.name], hidden[i] = entry.before, nil
  end
  p.fn.active = block.active
  pass_on(p, block)
  p.block = block.parent
end

function scope.open_function(p, node)
  p.fn = { node = node, parent = p.fn, block = p.block, active = 0, stack = p.stack, upvalues = {}, upvalue_count = 0 }
  p.block = nil
  scope.open_block(p)
end

function scope.close_function(p)
  scope.close_block(p)
  if p.fn.stray_break then p.fail(p.fn.stray_break, "no loop to break") end
  p.block, p.stack, p.fn = p.fn.block, p.fn.stack, p.fn.parent
end

-- --- variables ---

local function push(p)
  p.stack = p.stack + 1
  if p.stack > STACK_MAX then p.fail(p.at, "too many local variables and labels") end
end

-- A variable that is not visible yet; `before`: how many were made with it.
function scope.new(p, before, kind, name, at, to)
  if p.fn.active + before >= LOCALS_MAX then p.fail(p.at, "more than 200 local variables") end
  push(p)
  return { name = name, at = at, to = to, kind = kind, fn = p.fn }
end

function scope.show(p, vars)
  for _, var in ipairs(vars) do
    if var.name then
      p.hidden[#p.hidden + 1] = { name = var.name, before = p.visible[var.name] }
      p.visible[var.name] = var
    end
  end
  p.fn.active = p.fn.active + #vars
end

-- The variable of that name, nil: it is global.
function scope.find(p, name)
  local var, fn = p.visible[name], p.fn
  while var and fn ~= var.fn and not fn.upvalues[var] do
    if fn.upvalue_count >= UPVALUES_MAX then p.fail(p.at, "more than 60 upvalues") end
    fn.upvalues[var], fn.upvalue_count = true, fn.upvalue_count + 1
    fn = fn.parent
  end
  return var
end

-- --- goto, break and labels ---

function scope.jump(p, name, at)
  local labels = p.block.labels
  push(p)
  if not (labels and labels[name]) then add_jump(p.block, name, at, p.fn.active) end
end

function scope.leave_loop(p, at)
  local block = p.block
  push(p)
  while block and not block.loop do block = block.parent end
  if not block then p.fn.stray_break = p.fn.stray_break or at end
end

function scope.label(p, name, at)
  local block = p.block
  block.labels = block.labels or {}
  if block.labels[name] then p.fail(at, "duplicate label") end
  push(p)
  block.labels[name] = true
end

-- Of a label whose place is known: one at the end of its block is outside the locals' scope.
function scope.place_label(p, name, last)
  local block = p.block
  local jump = block.jumps and block.jumps[name]
  local active = last and block.active or p.fn.active
  if jump and jump.active < active then p.fail(jump.at, "the goto jumps into the scope of a local") end
  if jump then block.jumps[name] = nil end
end

return scope
