local s = ('x'):rep(16000) for i = 1, 1e9 do local t = s:reverse() end
