return ('%n'):format(1)
