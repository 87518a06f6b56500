return ('a'):rep(1000):match(('('):rep(32) .. 'a*' .. (')'):rep(32) .. 'b')
