return type()
