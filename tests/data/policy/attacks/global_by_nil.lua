local t = getfenv and getfenv() if t then return 'escaped' end
