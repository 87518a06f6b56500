return debug.getinfo(1) and 'escaped'
