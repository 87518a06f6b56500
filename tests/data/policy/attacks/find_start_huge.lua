for _, i in ipairs { 2^53, -2^53, 0/0, 1/0, -1/0, 2^31 } do pcall(string.find, 'abc', 'b', i) pcall(string.match, 'abc', 'b', i) end
