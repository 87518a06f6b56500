jit.off(true, true) return 'escaped'
