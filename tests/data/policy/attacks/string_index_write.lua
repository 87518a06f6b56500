(''):format().x = 1 return 'escaped'
