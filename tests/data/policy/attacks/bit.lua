return bit and 'escaped'
