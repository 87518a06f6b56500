local ok, e = pcall(function() return 'a' .. {} end) return tostring(e):find('0x%x%x%x%x%x%x') and 'escaped'
