local d = string.dump if d and d(function() end) then return 'escaped' end
