if getmetatable(data).__index then return 'escaped' end
