if ('%s %s'):format(ev, data):find('0x%x%x%x%x%x%x') then return 'escaped' end
