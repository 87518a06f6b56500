return ('a'):rep(2000):find(('.-'):rep(12) .. 'b')
