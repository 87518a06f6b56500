return rawlen({}) and 'escaped'
