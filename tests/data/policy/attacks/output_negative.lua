return -1e300, -0
