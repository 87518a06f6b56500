return ('%d %s'):format()
