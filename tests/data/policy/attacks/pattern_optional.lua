return ('a'):rep(2000):match(('a?'):rep(400) .. ('a'):rep(400))
