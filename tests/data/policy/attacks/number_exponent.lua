return tonumber('1e' .. ('9'):rep(9000))
