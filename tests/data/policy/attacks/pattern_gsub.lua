return (('a'):rep(2000):gsub(('.-'):rep(6) .. 'b', 'x'))
