local f = pcall for i = 1, 1e9 do f(pcall, pcall, pcall, error) end
