policy { name = "p" }
local s = string

local function f(ev, text)
  string.trim = f
  local a = s.splitt(text, ","), table.getn({}), math.random(10)
  local b = ("x"):trim() .. tostring(text):capitalize():lower()
  local c = "a" .. text
  return c:explode(), text:anything(), ev
end

derive("team", {}, function(ev)
  if ev.team then return ev.team:title() end
  return f(ev, "x")
end)
