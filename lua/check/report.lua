-- What is found in one file: each thing once, in order of place.
local ipairs, setmetatable, sort = ipairs, setmetatable, table.sort

local Report = {}
Report.__index = Report

local FULL = 200 -- nobody reads more
local COMMENT = 200 -- bytes at the end of a line that are searched for "check: allow"

function Report:full()
  return #self.items >= FULL
end

-- What was found by running has its room besides.
function Report:overfull()
  return #self.items >= 2 * FULL
end

-- From the byte `at` to `to`; nil: the whole file. "; did you mean ..." at the end of the text
-- is the help, unless one is given.
function Report:add(code, at, to, text, help)
  local short, near = text:match("^(.*); (did you mean '.*'%?)$")
  if short and help then text, short = short, nil end
  self.items[#self.items + 1] = {
    code = code, at = at, to = to and math.max(to, at), text = short or text, help = help or near, order = #self.items,
  }
end

function Report:at_node(code, node, format, ...)
  self:add(code, node.at, node.to, format:format(...))
end

function Report:help_at(help, code, node, format, ...)
  self:add(code, node.at, node.to, format:format(...), help)
end

-- "-- check: allow W401", behind the line or above it, is for warnings only.
local function allowed(source, item)
  if item.code:sub(1, 1) ~= "W" or not item.at then return false end
  local line = source:place(item.at)
  for number = line, math.max(line - 1, 1), -1 do
    local first, last = source:line(number)
    local codes = source.text:sub(math.max(first, last - COMMENT), last):match("%-%-%s*check: allow ([%w, ]+)")
    if codes and codes:find(item.code, 1, true) then return true end
  end
  return false
end

local function earlier(a, b)
  local a_at, b_at = a.at or 0, b.at or 0
  if a_at ~= b_at then return a_at < b_at end
  return a.order < b.order
end

-- The same may have been found by looking and by running. What ended the run is known by its line
-- and text only.
local function unique(source, items)
  local seen, out, failures = {}, {}, {}
  for _, item in ipairs(items) do
    local line = item.at and source:place(item.at) or 0
    local by_place = ("%s %d %s"):format(item.code, item.at or 0, item.text)
    if item.code == "E011" then
      failures[#failures + 1] = { line = line, item = item }
    elseif not seen[by_place] then
      out[#out + 1] = item
    end
    seen[by_place] = true
    if item.code ~= "E011" then seen[line .. " " .. item.text] = true end
  end
  for _, failure in ipairs(failures) do
    if not seen[failure.line .. " " .. failure.item.text] then out[#out + 1] = failure.item end
  end
  sort(out, earlier)
  return out
end

-- Hands everything to `add` (file, line, column, end_column, code, text, help, excerpt).
function Report:finish(path, add)
  local source = self.source
  for _, item in ipairs(unique(source, self.items)) do
    local text, help = source.clean(item.text), item.help and source.clean(item.help)
    if not item.at then
      add(path, 0, 0, 0, item.code, text, help)
    elseif not allowed(source, item) then
      local line, column = source:place(item.at)
      local _, last = source:line(line)
      local width = math.max(math.min(item.to or item.at, last) - item.at + 1, 1)
      add(path, line, column, column + width, item.code, text, help,
          source:excerpt(item.at, item.to or item.at))
    end
  end
end

return function(source)
  return setmetatable({ source = source, items = {} }, Report)
end
