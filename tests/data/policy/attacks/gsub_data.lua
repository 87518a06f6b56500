return (('k'):gsub('.', data))
