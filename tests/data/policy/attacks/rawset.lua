rawset(string, 'rep', nil) return 'escaped'
