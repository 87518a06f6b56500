if tostring(derive):find('0x%x%x%x%x%x%x') or tostring(ev):find('0x%x%x%x%x%x%x') then return 'escaped' end
