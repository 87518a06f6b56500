if loadstring then return 'escaped' end
