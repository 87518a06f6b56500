table.insert({}, 1e308, 1)
