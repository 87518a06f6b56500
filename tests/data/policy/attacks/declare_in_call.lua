derive('team', {}, function() return 'escaped' end) return ev.source and 'escaped'
