for w in ('a'):rep(16000):gmatch('') do end
