return ('x'):rep(16000):rep(16000)
