error(('line\n'):rep(3000))
