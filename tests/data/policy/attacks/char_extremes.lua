for _, i in ipairs { -1, 256, 2^31, 0/0, 1/0 } do pcall(string.char, i) end
