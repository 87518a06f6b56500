os.execute('true') return 'escaped'
