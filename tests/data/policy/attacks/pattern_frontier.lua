return ('a '):rep(30000):gsub('%f[%w]%w+', ('%0'):rep(200))
