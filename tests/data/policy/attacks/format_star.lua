return ('%*d'):format(1, 2)
