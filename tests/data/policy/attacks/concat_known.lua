local a = ('x'):rep(16000) local known = a .. '' for i = 1, 1e9 do local t = a .. '' end
