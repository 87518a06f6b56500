for i = 1, 1e9 do local x = ('a'):rep(16000):find(('a'):rep(8000) .. 'b', 1, true) end
