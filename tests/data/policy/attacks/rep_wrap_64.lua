return ('xx'):rep(2^63)
