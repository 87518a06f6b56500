local t = {} for i = 1, 1e9 do t[i * 2^20 % 65537] = i t[i] = nil end
