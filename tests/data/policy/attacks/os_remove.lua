os.remove('/tmp/none') return 'escaped'
