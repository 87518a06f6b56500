for i = 1, 1e9 do ev:has_tag(('x'):rep(16000)) end
