return io.popen('true') and 'escaped'
