local t = setmetatable({}, { __tostring = function() return 'escaped' end }) return tostring(t)
