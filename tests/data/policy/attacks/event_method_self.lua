return ev.has_tag(data, 'x') or ev.has_tag({}, 'x') or ev.has_tag('', 'x')
