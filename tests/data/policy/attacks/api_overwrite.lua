rule = function() return 'escaped' end return rule()
