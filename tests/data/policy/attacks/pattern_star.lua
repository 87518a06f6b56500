return ('a'):rep(2000):match(('a*'):rep(20) .. 'b')
