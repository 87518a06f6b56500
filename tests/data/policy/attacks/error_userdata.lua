error(ev)
