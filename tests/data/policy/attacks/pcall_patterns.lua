while true do pcall(string.find, ('a'):rep(9000), ('.-'):rep(20) .. 'b') end
