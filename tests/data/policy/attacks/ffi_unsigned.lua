local x = 0xffffULL return 'escaped'
