local s = ('x'):rep(65000) s = s .. s .. s .. s .. s .. s .. s .. s for i = 1, 1e9 do local t = s .. i end
