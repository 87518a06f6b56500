return rawequal and 'escaped'
