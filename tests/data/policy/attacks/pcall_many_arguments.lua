return pcall(select, '#', unpack({}, 1, 250))
