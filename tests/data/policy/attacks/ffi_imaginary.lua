local x = 12i return 'escaped'
