return ('%-+ #0.99d%-+ #0.99s'):format(1, 'x')
