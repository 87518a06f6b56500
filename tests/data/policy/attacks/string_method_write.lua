local s = '' s.rep = function() end return 'escaped'
