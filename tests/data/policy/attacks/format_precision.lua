return ('%.99f'):format(1e308)
