return ('x'):gsub('x', '%')
