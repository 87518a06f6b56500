for i = 1, 1e9 do local s = ('a'):rep(9000):gsub('^(a*)(a*)b', '') end
