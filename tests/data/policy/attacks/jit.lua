jit.on() return 'escaped'
