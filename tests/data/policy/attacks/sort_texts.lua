local s, t = ('x'):rep(15000), {} for i = 1, 500 do t[i] = s .. i end table.sort(t)
