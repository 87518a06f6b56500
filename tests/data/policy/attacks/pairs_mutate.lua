local t = {} for i = 1, 100 do t['k' .. i] = i end for k in pairs(t) do for i = 1, 100 do t['k' .. i] = nil end t.x = 1 end
