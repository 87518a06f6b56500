return unpack({ 'a' }, 1, 250)
