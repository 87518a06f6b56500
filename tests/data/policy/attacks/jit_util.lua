return require('jit.util') and 'escaped'
