module('x') return 'escaped'
