derive = nil return 'escaped'
