return ('x'):find(('x?'):rep(30000))
