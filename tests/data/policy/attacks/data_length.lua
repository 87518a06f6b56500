for i = 1, 1e9 do local n = #data.numbers end
