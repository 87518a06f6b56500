local s = 'x' for i = 1, 60 do s = s:gsub('x', ('x'):rep(100)) end
