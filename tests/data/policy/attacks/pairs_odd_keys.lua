local t = { [{}] = 1, [true] = 2 } for k in pairs(t) do end return 'escaped'
