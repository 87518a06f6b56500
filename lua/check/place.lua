-- Where in a line something is that only the line is known of: problems that a call reported
-- when it ran, errors of Lua. Messages quote what they are about.
local check = ...
local tree = check.tree
local ipairs = ipairs

local place = {}

local function quoted(text)
  local words = {}
  for word in text:gmatch("['\"]([^'\"]*)['\"]") do words[#words + 1] = word end
  return words
end

-- Of these the later of two is to blame: a name that is taken, what stands there twice.
local LATER = { E206 = true, E207 = true, E210 = true }

-- The first literal, or the last, within a node that is the text or, in words, the number.
function place.literal(c, node, word, last)
  local found
  for i = node.index, 1, -1 do
    local candidate = c.nodes[i]
    if candidate.at < node.at then break end
    local literal = candidate.tag == "String" or candidate.tag == "Number"
    if literal and tostring(candidate.value) == word then
      if last then return candidate end
      found = candidate
    end
  end
  return found
end

-- --- problems of calls ---

local function option_of(call, words)
  for i, word in ipairs(words) do
    local item = tree.item(call.options, word)
    if item then return item, i end
  end
end

-- In an option: what is quoted behind its name, or all of its value.
local function in_option(c, call, problem, words)
  local item, index = option_of(call, words)
  if not item then return end
  if problem.code == "E104" then return item.key end
  for i = index + 1, #words do
    local literal = place.literal(c, item.value, words[i], LATER[problem.code])
    if literal then return literal end
  end
  return item.value
end

local function in_arguments(c, call, problem, words)
  for _, word in ipairs(words) do
    local literal = place.literal(c, call.node, word, LATER[problem.code])
    if literal then return literal end
  end
  local args = call.node.args
  if problem.text:find("the last argument", 1, true) then return args[#args] end
  if problem.text:find("which ", 1, true) then return args[1] end
  if problem.text:find("the options", 1, true) then return call.options end
end

-- One on the line that has what is quoted.
local function of_line(c, problem)
  local found, words = nil, quoted(problem.text)
  for _, call in ipairs(c.calls_at(problem.line)) do
    for _, word in ipairs(words) do
      if place.literal(c, call.node, word) then found = call end
    end
  end
  return found
end

-- The call that a problem is about: on its line, and named by its text.
local function call_of(c, problem, words)
  for word in problem.text:gmatch("%a+") do
    if check.calls[word] then
      local calls = c.calls_at(problem.line, word)
      if LATER[problem.code] and calls[1] then return calls[#calls] end
      for _, call in ipairs(calls) do
        if option_of(call, words) then return call end
      end
      if calls[1] then return calls[1] end
    end
  end
  return of_line(c, problem)
end

local function of_problem(c, problem)
  local words = quoted(problem.text)
  local call = call_of(c, problem, words)
  if not call then return end
  return in_option(c, call, problem, words) or in_arguments(c, call, problem, words) or call.node.of
end

-- --- errors of Lua ---

-- "attempt to index field 'x' (a nil value)": the x on that line.
local function of_failure(c, problem)
  local name = problem.text:match("^attempt to .-'([^']*)'")
  local raises = problem.text:find("^attempt to") == nil
  for _, node in ipairs(c.nodes) do
    local found = node.tag == "Name" and node.name == name and node
      or node.tag == "Index" and node.key.value == name and name and node.key
      or node.tag == "Method" and node.name.value == name and node.name
      or raises and node.tag == "Call" and tree.global(node.of) == "error" and node.of
    if found and c.source:place(found.at) == problem.line then return found end
  end
end

-- The bytes from and to which a problem { line, code, text } is.
function place.find(c, problem)
  local node = c.nodes and (problem.code == "E011" and of_failure(c, problem) or of_problem(c, problem))
  if node then return node.at, node.to end
  if problem.line > 0 then return c.source:word(problem.line) end
end

return place
