-- Tokens of a Lua source, as LuaJIT's own lexer sees them: `goto`, 1LL, 0x1p4, "\x41" and "\z"
-- included. Time is linear in the text.
local byte, char, find, sub = string.byte, string.char, string.find, string.sub
local concat, tonumber = table.concat, tonumber

local KEYWORDS, SYMBOLS, ESCAPES = {}, {}, {
  a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v", ["\\"] = "\\", ['"'] = '"', ["'"] = "'",
}
local WORDS = [[and break do else elseif end false for function goto if in local nil not or repeat return then true
  until while]]
for word in WORDS:gmatch("%a+") do KEYWORDS[word] = true end
for symbol in ("== ~= <= >= :: .."):gmatch("%S+") do SYMBOLS[symbol] = true end

-- What may follow another newline byte and still be the same line's end.
local function after_newline(text, pos)
  local first, second = byte(text, pos, pos + 1)
  local pair = (second == 10 or second == 13) and second ~= first
  return pos + (pair and 2 or 1)
end

-- The end of "[==[", or nil; the level is to - at - 1.
local function long_bracket(text, pos)
  local _, to = find(text, "^%[=*%[", pos)
  return to
end

local function long_text(text, at, opening, fail)
  local close = "]" .. ("="):rep(opening - at - 1) .. "]"
  local first, last = find(text, close, opening + 1, true)
  if not first then fail(#text + 1, "unfinished long string or comment", at) end
  return first, last
end

local function utf8_of(code)
  if code < 0x80 then return char(code) end
  local tail = char(0x80 + code % 64)
  if code < 0x800 then return char(0xc0 + (code - code % 64) / 64) .. tail end
  code = (code - code % 64) / 64
  tail = char(0x80 + code % 64) .. tail
  if code < 0x400 then return char(0xe0 + (code - code % 64) / 64) .. tail end
  code = (code - code % 64) / 64
  return char(0xf0 + (code - code % 64) / 64, 0x80 + code % 64) .. tail
end

-- "\u{1F600}": nil where LuaJIT refuses it. Zeros in front are legal in any number.
local function unicode(text, pos)
  local _, to, zeros, digits = find(text, "^{(0*)(%x*)}", pos)
  if not to or #zeros + #digits == 0 or #digits > 6 then return end
  local code = digits == "" and 0 or tonumber(digits, 16)
  if code < 0x110000 and not (code >= 0xd800 and code < 0xe000) then return utf8_of(code), to + 1 end
end

-- What the escape at `pos`, behind its backslash, stands for, and where it ends.
local function escape(text, pos, fail)
  local letter = sub(text, pos, pos)
  local plain, to = ESCAPES[letter], pos + 1
  if plain then return plain, to end
  if letter == "x" then
    local digits = sub(text, pos + 1, pos + 2)
    if find(digits, "^%x%x$") then return char(tonumber(digits, 16)), pos + 3 end
  elseif letter == "u" then
    plain, to = unicode(text, pos + 1)
    if plain then return plain, to end
  elseif letter == "z" then
    return "", find(text, "[^ \t\r\n\v\f]", pos + 1) or #text + 1
  elseif letter == "\n" or letter == "\r" then
    return "\n", after_newline(text, pos)
  elseif letter == "" then
    return "", pos
  end
  local _, last, digits = find(text, "^(%d%d?%d?)", pos)
  if digits and tonumber(digits) < 256 then return char(tonumber(digits)), last + 1 end
  fail(pos, "invalid escape sequence")
end

local STOPS = { [34] = '["\\\r\n]', [39] = "['\\\r\n]" }

local function short_text(text, at, fail)
  local quote = byte(text, at)
  local stop, pos, parts = STOPS[quote], at + 1, nil
  while true do
    local found = find(text, stop, pos)
    if not found then fail(#text + 1, "unfinished string", at) end
    local c = byte(text, found)
    if c == quote then
      local rest = sub(text, pos, found - 1)
      if not parts then return rest, found end
      parts[#parts + 1] = rest
      return concat(parts), found
    end
    if c ~= 92 then fail(found, "unfinished string", at) end
    parts = parts or {}
    parts[#parts + 1] = sub(text, pos, found - 1)
    parts[#parts + 1], pos = escape(text, found + 1, fail)
  end
end

-- The end of what LuaJIT takes for one number, however malformed.
local function number_end(text, at)
  local sign = find(text, "^0[xX]", at) and "[pP]$" or "[eE]$"
  local _, to = find(text, "^[%w_.\128-\255]+", at)
  while find(sub(text, to, to), sign) and find(text, "^[+-]", to + 1) do
    local _, more = find(text, "^[%w_.\128-\255]+", to + 2)
    to = more or to + 1
  end
  return to
end

-- The value of a number's text, as a number also where LuaJIT makes a 64-bit integer of it;
-- true: it is one of those or imaginary.
local function number_of(word)
  local value = tonumber(word)
  if value then return value, false end
  local digits = word:match("^(.-)[uU]?[lL][lL]$") or word:match("^(.-)[lL][lL][uU]$")
  if digits and not (find(digits, "%.") or find(digits, find(digits, "^0[xX]") and "[pP]" or "[eE]")) then
    return tonumber(digits), true
  end
  digits = word:match("^(.+)[iI]$")
  if digits then return tonumber(digits), true end
end

-- The first byte that is neither blank nor comment, and whether a line ended before it.
local function skip(text, pos, fail)
  local fresh, size = false, #text
  while true do
    pos = find(text, "[^ \t\v\f]", pos) or size + 1
    local c = byte(text, pos)
    if c == 10 or c == 13 then
      fresh = true
      pos = find(text, "[^ \t\v\f\r\n]", pos) or size + 1
      c = byte(text, pos)
    end
    if c ~= 45 or byte(text, pos + 1) ~= 45 then return pos, c, fresh end
    local opening = long_bracket(text, pos + 2)
    if opening then
      local _, last = long_text(text, pos + 2, opening, fail)
      fresh = fresh or find(sub(text, pos, last), "[\r\n]") ~= nil
      pos = last + 1
    else
      pos = find(text, "[\r\n]", pos) or size + 1
    end
  end
end

-- A byte order mark and a line that begins with # are no part of the program.
local function start(text, fail)
  local pos = sub(text, 1, 3) == "\239\187\191" and 4 or 1
  if byte(text, pos) == 35 then pos = find(text, "[\r\n]", pos) or #text + 1 end
  if byte(text, pos) == 27 then fail(pos, "bytecode") end
  return pos
end

-- (text, fail): a function that gives the next token: its kind (a word or symbol itself, or
-- "<name>", "<string>", "<number>", "<eof>"), first and last byte, value, and whether it is the
-- first of its line. `fail(at, text, since)` does not return; `since`: where the matter began.
return function(text, fail)
  local pos = start(text, fail)

  return function()
    local c, fresh
    pos, c, fresh = skip(text, pos, fail)
    local at = pos
    if not c then return "<eof>", at, at - 1, nil, fresh end
    if c >= 48 and c <= 57 or c == 46 and find(text, "^%d", at + 1) then
      local to = number_end(text, at)
      local value, odd = number_of(sub(text, at, to))
      if not value then fail(at, "malformed number") end
      pos = to + 1
      return "<number>", at, to, value, fresh, odd
    end
    local _, to = find(text, "^[%w_\128-\255]+", at)
    if to then
      local word = sub(text, at, to)
      pos = to + 1
      return KEYWORDS[word] and word or "<name>", at, to, word, fresh
    end
    local value
    if c == 34 or c == 39 then
      value, to = short_text(text, at, fail)
      pos = to + 1
      return "<string>", at, to, value, fresh
    end
    local opening = c == 91 and long_bracket(text, at)
    if opening then
      local last
      to, last = long_text(text, at, opening, fail)
      local from = opening + 1
      if find(text, "^[\r\n]", from) then from = after_newline(text, from) end
      pos = last + 1
      return "<string>", at, last, sub(text, from, to - 1), fresh
    end
    if c == 91 and find(text, "^=", at + 1) then fail(at, "invalid long string delimiter") end
    local symbol = sub(text, at, at + 1)
    if not SYMBOLS[symbol] then symbol = sub(text, at, at) end
    if symbol == ".." and byte(text, at + 2) == 46 then symbol = "..." end
    pos = at + #symbol
    return symbol, at, pos - 1, nil, fresh
  end
end
