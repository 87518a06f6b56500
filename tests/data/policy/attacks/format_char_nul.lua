return ('%c%c'):format(0, 256)
