return tonumber('0x' .. ('f'):rep(9000)) or tonumber(('f'):rep(9000), 16)
