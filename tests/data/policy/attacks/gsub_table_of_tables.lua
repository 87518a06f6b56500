return ('x'):gsub('x', { x = {} })
