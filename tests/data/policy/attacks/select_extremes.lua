for _, i in ipairs { 2^31, -2^31, -1, 0/0 } do pcall(select, i, 1, 2) end
