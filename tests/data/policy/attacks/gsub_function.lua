return (('x'):gsub('x', function() return 'escaped' end))
