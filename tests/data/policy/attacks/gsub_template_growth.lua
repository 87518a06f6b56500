return ('a'):rep(16000):gsub('a', ('%0'):rep(1000))
