policy { nam = "p" }
local x = unknown
