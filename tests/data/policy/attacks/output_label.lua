return ('x'):rep(60000)
