if getmetatable('') then return 'escaped' end
