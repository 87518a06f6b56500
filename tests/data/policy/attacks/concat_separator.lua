return table.concat({ 1, 2, 3 }, ('x'):rep(16000))
