if string.__newindex or string.__metatable then return 'escaped' end
