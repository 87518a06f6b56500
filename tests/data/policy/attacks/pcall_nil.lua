while true do pcall(nil) end
