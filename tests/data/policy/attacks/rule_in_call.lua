rule('X', { over = hour, above = 1 }, function() return 1 end) return ev.source and 'escaped'
