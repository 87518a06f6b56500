for i = 1, 1e9 do local s = tostring(i) end
