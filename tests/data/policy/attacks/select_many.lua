local t = {} for i = 1, 1e9 do select('#', 1, 2, 3) end
