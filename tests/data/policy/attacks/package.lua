return package.loaded and 'escaped'
