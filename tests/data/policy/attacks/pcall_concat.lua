local s = ('x'):rep(1000) while true do pcall(function() local t = s while true do t = t .. t end end) end
