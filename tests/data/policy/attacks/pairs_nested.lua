local t = {} for i = 1, 200 do t[i] = i end for a in pairs(t) do for b in pairs(t) do for c in pairs(t) do end end end
