return ('x'):rep(1/0)
