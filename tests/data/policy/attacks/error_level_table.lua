error('x', {})
