return dofile('/etc/passwd') and 'escaped'
