local s = ('X'):rep(16000) for i = 1, 1e9 do local t = (s .. i % 100):lower() end
