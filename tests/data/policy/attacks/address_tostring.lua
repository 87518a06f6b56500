return tostring({}):find('0x') and 'escaped'
