local t for i = 1, 1e9 do t = { 1, 2, 3, 4, 5, 6, 7, 8, a = 1, b = 2, c = 3, d = 4 } end
