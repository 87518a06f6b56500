return ('%s'):format(print or {}):find('0x%x%x%x%x%x%x') and 'escaped'
