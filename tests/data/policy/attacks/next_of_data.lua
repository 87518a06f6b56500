return next(data) and 'escaped'
