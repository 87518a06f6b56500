return debug.getupvalue(derive, 1) and 'escaped'
