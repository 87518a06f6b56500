local s = ('a'):rep(60000) for i = 1, 1e9 do local x = s:find('b', 1, true) end
