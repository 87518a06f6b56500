return ('x'):rep(9000):find('%f[%z]%f[^%z]%f[%z]y')
