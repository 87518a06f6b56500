local t = {} for i = 1, 20000 do t[i] = i end for i = 1, 1e9 do table.remove(t, 1) t[#t + 1] = 1 end
