return os.time() and 'escaped'
