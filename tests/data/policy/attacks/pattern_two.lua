return ('a'):rep(2000):find(('.-'):rep(2) .. 'b')
