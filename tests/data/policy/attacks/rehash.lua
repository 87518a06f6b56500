local t = {} for i = 1, 16384 do t['k' .. i] = i end for i = 1, 1e9 do t['k' .. i] = nil t['n' .. i] = i end
