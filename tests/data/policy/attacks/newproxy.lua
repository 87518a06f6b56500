local p = newproxy(true) return p and 'escaped'
