return tostring({}):find('0x%x%x%x%x%x%x') and 'escaped'
