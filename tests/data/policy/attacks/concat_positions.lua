for _, i in ipairs { 2^31, -2^31, 2^53, 0/0, 1/0 } do pcall(table.concat, { 'a' }, '', i, i) pcall(table.concat, { 'a' }, '', 1, i) end
