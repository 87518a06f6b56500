return loadfile('/etc/passwd') and 'escaped'
