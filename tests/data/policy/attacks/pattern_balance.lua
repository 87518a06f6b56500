for i = 1, 1e9 do local x = ('('):rep(60000):match('%b()') end
