return math.random() and 'escaped'
