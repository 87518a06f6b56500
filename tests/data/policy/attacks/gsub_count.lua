for _, n in ipairs { -1, 0/0, 1/0, 2^53, -2^53 } do local s = ('aaa'):gsub('a', 'b', n) end
