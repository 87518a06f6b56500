if tostring(derive):find('0x') or tostring(ev):find('0x') then return 'escaped' end
