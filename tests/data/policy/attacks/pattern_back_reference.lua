return ('a'):rep(9000):find('(a*)%1%1%1b')
