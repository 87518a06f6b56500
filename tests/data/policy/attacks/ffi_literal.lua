local x = 1LL return 'escaped'
