local a, b = ('x'):rep(8000), ('y'):rep(8000) for i = 1, 1e9 do local t = a .. b end
