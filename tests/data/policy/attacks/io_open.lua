return io.open('/etc/passwd') and 'escaped'
