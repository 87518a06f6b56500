debug.sethook() return 'escaped'
