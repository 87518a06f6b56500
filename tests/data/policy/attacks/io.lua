io.write('x') return 'escaped'
