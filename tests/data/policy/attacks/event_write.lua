ev.team = 'escaped' return 'escaped'
