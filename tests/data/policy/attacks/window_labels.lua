for _, l in ipairs { {}, { team = {} }, { team = ('x'):rep(16000) }, { team = 'a\0b' }, 'x', 1 } do pcall(hour.get, hour, l) pcall(hour.count, hour, l) pcall(hour.age, hour, l) end
