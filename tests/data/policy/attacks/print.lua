print('x') return 'escaped'
