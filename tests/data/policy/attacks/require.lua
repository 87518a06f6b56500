return require('os') and 'escaped'
