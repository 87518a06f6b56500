policy { name = "p", settings = { prefix = "x" } }
local nothing = nil
local name = settings.prefix .. nothing
