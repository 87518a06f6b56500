for k in pairs({ [tostring(derive)] = 1 }) do if k:find('0x%x%x%x%x%x%x') then return 'escaped' end end
