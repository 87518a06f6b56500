if getmetatable(ev) then return 'escaped' end
