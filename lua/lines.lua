-- Which lines of a policy hold code that could run. Ours alone: it needs jit.util.
local text = ...
local util = require("jit.util")

-- "end", "else", brackets: nothing that anybody would miss.
local function is_code(line)
  line = line:gsub("%-%-.*$", ""):gsub("%f[%w_]end%f[^%w_]", ""):gsub("%f[%w_]else%f[^%w_]", "")
  return line:find("[^%s%(%){},;]") ~= nil
end

local has = {}

local function add_lines(proto)
  local pc = 1
  while util.funcbc(proto, pc) do
    has[util.funcinfo(proto, pc).currentline] = true
    pc = pc + 1
  end
  for i = -1, -util.funcinfo(proto).gcconsts, -1 do
    local constant = util.funck(proto, i)
    if type(constant) == "proto" then add_lines(constant) end
  end
end

add_lines(assert(loadstring(text)))
local out, number = {}, 0
for line in (text .. "\n"):gmatch("(.-)\n") do
  number = number + 1
  if has[number] and is_code(line) then out[#out + 1] = number end
end
return out
