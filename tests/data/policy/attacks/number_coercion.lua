for i = 1, 1e9 do local x = ('1'):rep(9000) + 0 end
