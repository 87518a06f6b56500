return ev.metadata[('x'):rep(16000)], ev.metadata[1], ev.metadata[{}]
