return os.getenv('HOME') and 'escaped'
