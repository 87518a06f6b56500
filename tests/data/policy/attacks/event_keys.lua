for _, k in ipairs { 1, 0/0, true, '', ('x'):rep(16000), 'a\0b' } do pcall(function() return ev[k] end) end return ev[{}]
