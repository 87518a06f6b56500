return debug.traceback() and 'escaped'
