return debug.getregistry() and 'escaped'
