for _, d in ipairs { '', 'h', ('9'):rep(9000) .. 'h', '-1h', '1h\0', '99999999999999999999d', 1, {} } do pcall(hour.per, hour, d, {}) end
