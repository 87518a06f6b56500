return ('x'):gsub('x', '%9')
