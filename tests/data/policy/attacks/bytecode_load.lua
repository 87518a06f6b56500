local f = load and load('\27LJ') if f then return 'escaped' end
