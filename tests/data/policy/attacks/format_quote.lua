return ('%q'):rep(100):format(unpack({ ('\0\n"'):rep(100) }, 1, 1))
