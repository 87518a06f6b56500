return ('%-20.3p'):format('x') and 'escaped'
