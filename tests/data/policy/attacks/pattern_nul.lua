return ('a\0b'):rep(3000):match('^[^%z]*%z[^\0]*\0.*c')
