data = {} return 'escaped'
