collectgarbage('stop') return 'escaped'
