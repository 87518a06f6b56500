error('x', -2^31)
