return ('%s'):rep(2000):format(('x'):rep(60000))
