policy { name = "p" }
local function f() end
this is no Lua
