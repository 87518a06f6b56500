return _ENV and 'escaped'
