hour.get = function() return 'escaped' end return hour:get()
