return next({}) and 'escaped'
