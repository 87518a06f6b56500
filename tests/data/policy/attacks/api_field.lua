derive.x = 1 return 'escaped'
