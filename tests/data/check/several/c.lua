policy { name = "same" }
local y = nil + 1
