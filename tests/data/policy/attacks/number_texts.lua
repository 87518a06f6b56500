for _, x in ipairs { 0/0, 1/0, -1/0, -0, 2^53, 1e-320 } do local s = tostring(x) .. x end
