local t = {} return table.concat(t, '', -1e9, -1e9 + 9999)
