local t = {} for i = 0, 20 do t[2^i] = 1 end table.remove(t, 1)
