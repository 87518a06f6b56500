return ('a'):rep(60000):match(('(a?)'):rep(30) .. ('%1'):rep(200))
