return 'x', ('y'):rep(16000)
