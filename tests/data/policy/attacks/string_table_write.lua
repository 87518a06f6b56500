string.rep = function() return 'escaped' end return ('x'):rep(1)
