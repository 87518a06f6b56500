assert(false, unpack({}, 1, 250))
