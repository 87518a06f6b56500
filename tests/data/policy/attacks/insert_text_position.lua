table.insert({}, 'x', 1)
