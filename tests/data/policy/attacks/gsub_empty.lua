for i = 1, 1e9 do local s = ('a'):rep(60000):gsub('', ('b'):rep(60000)) end
