return require('string.buffer') and 'escaped'
