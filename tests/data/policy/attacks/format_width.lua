return ('%999d'):format(1)
