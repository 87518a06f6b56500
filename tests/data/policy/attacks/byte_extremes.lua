for _, i in ipairs { 2^31, -2^31, 2^53, 0/0, 1/0 } do pcall(string.byte, 'abc', i, i) pcall(string.byte, 'abc', -i, i) end
