-- Values and labels in words, and where two values differ.
local core = ...
local ipairs, pairs, type = ipairs, pairs, type
local concat = table.concat

local function hint(word, known)
  local near = type(word) == "string" and core.nearest(word, known)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

local function is_name(key)
  return type(key) == "string" and key:find("^[%a_][%w_]*$") ~= nil
end

local function show_key(key)
  if is_name(key) then return key end
  return type(key) == "string" and ('["%s"]'):format(key) or ("[%s]"):format(core.text(key))
end

local show

local function show_table(value, depth)
  if depth > 3 then return "{...}" end
  local parts, list = {}, 0
  for i, item in ipairs(value) do
    parts[i], list = show(item, depth + 1), i
  end
  for key, item in pairs(value) do
    if #parts >= 40 then
      parts[#parts + 1] = "..."
      break
    end
    if not (type(key) == "number" and key >= 1 and key <= list) then
      parts[#parts + 1] = show_key(key) .. " = " .. show(item, depth + 1)
    end
  end
  return "{ " .. concat(parts, ", ") .. " }"
end

function show(value, depth)
  if type(value) == "string" then return '"' .. value:gsub("\n", "\\n") .. '"' end
  if type(value) ~= "table" then return core.text(value) end
  local open = core.open(value)
  if not pairs(open)() then return "{}" end
  return show_table(open, depth or 1)
end

local function show_labels(labels)
  local parts = {}
  for key, value in pairs(labels) do
    if key ~= "alertname" then parts[#parts + 1] = ('%s="%s"'):format(key, value) end
  end
  return #parts > 0 and " {" .. concat(parts, ", ") .. "}" or ""
end

local function below(path, key)
  return path .. (is_name(key) and "." or "") .. show_key(key)
end

-- Adds to `out` where `got` is not `expected`.
local function differences(got, expected, path, out)
  if #out > 20 then return end
  if type(got) ~= "table" or type(expected) ~= "table" then
    if got ~= expected then
      out[#out + 1] = ("%s: got %s, expected %s"):format(path, show(got), show(expected))
    end
    return
  end
  local a, b = core.open(got), core.open(expected)
  for key, value in pairs(a) do
    differences(value, b[key], below(path, key), out)
  end
  for key, value in pairs(b) do
    if a[key] == nil then differences(nil, value, below(path, key), out) end
  end
end

return { hint = hint, show = show, show_labels = show_labels, differences = differences }
