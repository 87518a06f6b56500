for i = 1, 1e9 do local s = ('x'):rep(0/0) end
