if kept.method then return kept.method(ev, 'x') and nil end kept.method = ev.has_tag
