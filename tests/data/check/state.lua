policy { name = "state" }

local count, last, words, limit = 0, nil, {}, 5
limit = limit * 2 -- while the file is loaded
local function bump() count = count + 1 return count end
local function clean(text)
  local out = ""
  for word in text:gmatch("%w+") do out = out .. word end
  return out
end
derive("team", {}, function(ev)
  local own, list = 0, {}
  own = own + 1
  list[#list + 1] = own
  local function inner() own = own + 1 last = ev.agent end
  inner()
  words[ev.user or ""] = true
  table.insert(words, clean("x"))
  words.a.b = 1
  table.sort(list)
  return bump() > limit and "busy" or nil
end)
local hour = window { name = "w", sum = function(ev) count = 1 return ev.charge_usd end, over = "1h" }
rule("R", { over = hour, above = 1, annotations = function() last = 1 return { a = "b" } end }, function(group)
  words[1] = group.value -- check: allow W406
  return group.value
end)
local function make(label)
  local calls = 0
  derive(label, {}, function() calls = calls + 1 return calls > 3 and "many" or nil end)
end
make("agent")
for _, label in ipairs { "org", "user" } do
  local n = 0
  derive(label, {}, function() n = n + 1 return "x" .. n end)
end
local function at_load() count = 0 words.x = 1 end
at_load()
