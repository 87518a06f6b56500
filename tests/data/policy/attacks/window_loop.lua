for i = 1, 1e9 do pcall(hour.get, hour, { team = 'team-' .. i }) end
