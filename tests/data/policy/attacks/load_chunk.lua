return load('return 1') and 'escaped'
