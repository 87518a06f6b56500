error(1e308)
