for i = 1, 1e9 do local s = (''):rep(2^53) end
