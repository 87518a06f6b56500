-- A text by lines and columns, and the line of a place as a message shows it.
local byte, find, floor, rep, sub = string.byte, string.find, math.floor, string.rep, string.sub
local concat, min, setmetatable = table.concat, math.min, setmetatable

local WIDTH, BEFORE, MARKED = 100, 40, 60 -- code points of a line that are shown
local UNPRINTABLE, CUT = "\239\191\189", "..."

local Source = {}
Source.__index = Source

-- The first byte of each line; lines end as LuaJIT counts them. Nobody sees a byte order mark.
local function line_starts(text)
  local starts, pos = { sub(text, 1, 3) == "\239\187\191" and 4 or 1 }, find(text, "[\r\n]")
  while pos do
    local first, second = byte(text, pos, pos + 1)
    pos = pos + ((second == 10 or second == 13) and second ~= first and 2 or 1)
    starts[#starts + 1] = pos
    pos = find(text, "[\r\n]", pos)
  end
  return starts
end

-- The line and the column, in bytes from 1, of the byte at `at`.
function Source:place(at)
  local starts, low, high = self.starts, 1, #self.starts
  while low < high do
    local middle = floor((low + high + 1) / 2)
    if starts[middle] <= at then low = middle else high = middle - 1 end
  end
  return low, math.max(at - starts[low], 0) + 1
end

-- The first and the last byte of a line, its end left out; nil: there is no such line.
function Source:line(number)
  local first = self.starts[number]
  if not first then return end
  local last = (self.starts[number + 1] or #self.text + 1) - 1
  while last >= first and find(self.text, "^[\r\n]", last) do last = last - 1 end
  return first, last
end

-- The first byte of the line that is not blank, and the last of its word.
function Source:word(number, from)
  local first, last = self:line(number)
  if not first then return end
  first = from or first
  local at = find(self.text, "%S", first)
  if not at or at > last then return first, first end
  local _, to = find(self.text, "^[%w_]+", at)
  return at, to or at
end

-- --- excerpts ---

-- Terminals act on control characters; JSON and terminals want UTF-8.
local function printable(piece)
  local c, second = byte(piece, 1, 2)
  if #piece == 1 then return c == 9 or c >= 32 and c < 127 end
  local long = c >= 0xf0 and 4 or c >= 0xe0 and 3 or 2
  if #piece ~= long or c < 0xc2 or c > 0xf4 then return false end
  if c == 0xc2 then return second >= 0xa0 end
  return not (c == 0xe0 and second < 0xa0 or c == 0xed and second > 0x9f or c == 0xf0 and second < 0x90
    or c == 0xf4 and second > 0x8f)
end

local function code_points(text)
  local out, pos = {}, 1
  while pos <= #text do
    local c = byte(text, pos)
    local more = c >= 0xf0 and 3 or c >= 0xe0 and 2 or c >= 0xc2 and 1 or 0
    local _, to = find(text, "^[\128-\191]*", pos + 1)
    local piece = sub(text, pos, min(to, pos + more))
    out[#out + 1] = printable(piece) and piece or UNPRINTABLE
    pos = pos + #piece
  end
  return out
end

-- The first or, from behind, the last `most` of them as a text.
local function cut(points, most, from_behind)
  if #points <= most then return concat(points), #points end
  if from_behind then return CUT .. concat(points, "", #points - most + 1), most + #CUT end
  return concat(points, "", 1, most) .. CUT, most + #CUT
end

-- Two lines: the one of `at`, and marks below what stands from `at` to `to`. Long ones are cut
-- around it. Tabs stay tabs, so that the marks stand right however wide they are. Nil for a
-- blank line.
function Source:excerpt(at, to)
  local first, last = self:line((self:place(at)))
  if (find(self.text, "%S", first) or last + 1) > last then return end
  to = min(to, last)
  local before = code_points(sub(self.text, math.max(first, at - 4 * WIDTH), at - 1))
  local marked = code_points(sub(self.text, at, min(to, at + 4 * WIDTH)))
  local after = code_points(sub(self.text, math.max(at, to + 1), min(last, to + 4 * WIDTH)))
  local keep = #before + #marked + #after > WIDTH and BEFORE or WIDTH
  local left = cut(before, keep, true)
  local middle, width = cut(marked, MARKED)
  local right = width > MARKED and "" or cut(after, math.max(WIDTH - math.min(#before, keep) - width, 0))
  return "    " .. left .. middle .. right .. "\n    " .. left:gsub("[^\t\128-\191]", " "):gsub("[\128-\191]", "")
    .. rep("^", math.max(width, 1)) .. "\n"
end

-- Safe to print, and UTF-8.
function Source.clean(text)
  return concat(code_points(text))
end

return function(text)
  return setmetatable({ text = text, starts = line_starts(text) }, Source)
end
