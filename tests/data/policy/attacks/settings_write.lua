settings.x = 1 return 'escaped'
