for k, v in pairs(math) do return 'escaped' end
