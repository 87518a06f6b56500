-- A parser of Lua as LuaJIT's loader takes it: a tree with places, for everything that `check`
-- says. What the loader accepts it accepts, and the other way round, but for the bounds of the
-- bytecode (registers, constants, jumps). Linear in time; nesting is bounded as in LuaJIT.
local check = ...
local lexer, scope, statements = check.lexer, check.scope, check.statements
local error, pcall, setmetatable, type = error, pcall, setmetatable, type

local Parser = {}
Parser.__index = Parser

-- To the next token: `last` is then the last byte of the one before, `fresh` true if a line
-- ended in between.
function Parser:next()
  local waiting = self.waiting
  self.last = self.to
  if waiting then
    self.kind, self.at, self.to, self.value, self.fresh, self.odd =
      waiting.kind, waiting.at, waiting.to, waiting.value, false, waiting.odd
    self.waiting = nil
  else
    self.kind, self.at, self.to, self.value, self.fresh, self.odd = self.scan()
  end
end

-- The kind of the token behind this one.
function Parser:ahead()
  local kind, at, to, value, _, odd = self.scan()
  self.waiting = { kind = kind, at = at, to = to, value = value, odd = odd }
  return kind
end

function Parser:accept(kind)
  if self.kind ~= kind then return false end
  self:next()
  return true
end

function Parser:expect(kind)
  if self.kind ~= kind then self.fail(self.at, "'" .. kind .. "' expected") end
  self:next()
end

-- `goto` may be a name, as in Lua 5.1.
function Parser:is_name()
  return self.kind == "<name>" or self.kind == "goto"
end

local function fail(at, text, since)
  error({ at = at, text = text, since = since }, 0)
end

-- Blocks, whose `end` somebody may have forgotten.
local BLOCKS = {
  ["if"] = true, ["for"] = true, ["while"] = true, ["repeat"] = true, ["do"] = true, ["function"] = true,
}
local CLOSERS = { [")"] = true, ["}"] = true, ["]"] = true, ["<eof>"] = true }

-- What may help with an error at the token at hand: { text, at }.
local function help_of(p)
  if p.ended and p.ended.behind == p.at and p.kind ~= "<eof>" then
    local word, at = p.ended.statement.tag:lower(), p.ended.statement.at
    return { text = ("'%s' must be the last statement of its block: it is at"):format(word), at = at }
  end
  local open = CLOSERS[p.kind] and p.open
  while open and not BLOCKS[open.kind] do open = open.outer end
  if open then return { text = ("'%s' has no 'end' yet: it is at"):format(open.kind), at = open.at } end
end

local function parse(text, keep)
  local main = { tag = "Function", at = 1, to = #text, params = {}, vararg = true, returns = {} }
  local p = setmetatable({ fail = fail, to = 0, level = 0, stack = 0, nodes = {}, visible = {}, hidden = {} }, Parser)
  p.scan = lexer(text, fail)
  keep.p = p
  scope.open_function(p, main)
  p:next()
  main.body = statements.chunk(p)
  if p.kind ~= "<eof>" then p.fail(p.at, "'<eof>' expected") end
  scope.close_function(p)
  return { main = main, nodes = p.nodes }
end

-- The tree: main, a Function, and nodes: all expressions and statements, parts first. Or
-- nil and where it is wrong: { at, text, help = { text, at } }.
return function(text)
  local keep = {}
  local ok, result = pcall(parse, text, keep)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  if result.since then
    result.help = { text = "it begins at", at = result.since }
  elseif keep.p and keep.p.at == result.at then
    result.help = help_of(keep.p)
  end
  return nil, result
end
