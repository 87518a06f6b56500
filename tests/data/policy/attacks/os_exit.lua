os.exit(0) return 'escaped'
