local t = {} for i = 0, 30 do t[2^i] = 1 end for i = 1, 1e9 do local n = #t end
