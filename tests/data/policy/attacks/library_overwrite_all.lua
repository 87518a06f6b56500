for k in pairs(string) do string[k] = nil return 'escaped' end
