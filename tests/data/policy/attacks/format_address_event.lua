if ('%s %s'):format(ev, data):find('0x') then return 'escaped' end
