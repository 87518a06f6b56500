return ('%s'):format(print or {}):find('0x') and 'escaped'
