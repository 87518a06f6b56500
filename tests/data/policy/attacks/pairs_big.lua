local t = {} for i = 1, 20000 do t[i] = i end for i = 1, 1e9 do for k in pairs(t) do end end
