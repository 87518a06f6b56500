local t = { 1 } return table.remove(t, -2^31)
