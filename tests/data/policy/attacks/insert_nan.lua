table.insert({}, 0/0, 1)
