return require('ffi') and 'escaped'
