local f = load and load('\27LJ\2', 'n', 'b') if f then return 'escaped' end
