return ('%s'):rep(250):format(unpack({}, 1, 250))
