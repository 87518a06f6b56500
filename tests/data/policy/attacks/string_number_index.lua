return ('abc')[1]
