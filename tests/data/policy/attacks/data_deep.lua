local t = data.numbers for i = 1, 1e9 do t = t.x end
