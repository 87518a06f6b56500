return math.max(unpack({ 1 }, 1, 250))
