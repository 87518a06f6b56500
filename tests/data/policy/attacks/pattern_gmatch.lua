for w in ('a'):rep(2000):gmatch(('.-'):rep(6) .. 'b') do end
