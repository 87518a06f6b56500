settings.s.x = 1 return 'escaped'
