local f = ('a'):rep(16000):gmatch('a') for i = 1, 1e9 do f() end
