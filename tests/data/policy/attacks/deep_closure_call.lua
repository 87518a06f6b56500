local f = function() return 1 end for i = 1, 5000 do local g = f f = function() return 1 + g() end end return f()
