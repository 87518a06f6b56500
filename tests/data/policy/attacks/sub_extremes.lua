for _, i in ipairs { 2^31, -2^31, 2^53, 0/0, 1/0 } do pcall(string.sub, 'abc', i, -i) pcall(string.sub, 'abc', -i, i) end
