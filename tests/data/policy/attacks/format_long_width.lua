return ('%' .. ('0'):rep(9000) .. 'd'):format(1)
