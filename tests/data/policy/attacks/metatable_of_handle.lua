if getmetatable(hour) then return 'escaped' end
