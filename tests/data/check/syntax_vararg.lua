policy { name = "p" }
local function f() return ... end
f()
