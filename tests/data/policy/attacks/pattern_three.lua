return ('a'):rep(2000):find(('.-'):rep(3) .. 'b')
