local t = {} for i = 0, 13 do t[2^i] = 1 end table.sort(t)
