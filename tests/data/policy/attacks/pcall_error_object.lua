local t = {} while true do pcall(error, t) end
