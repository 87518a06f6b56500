policy { name = "p" }
local function f()
  goto done
  local x = 1
  ::done::
  return x
end
f()
