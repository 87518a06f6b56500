local env = getfenv(0) return env and 'escaped'
