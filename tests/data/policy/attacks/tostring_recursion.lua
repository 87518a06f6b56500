local t = {} t[1] = t return tostring(t) == 'table' and nil
