return hour[1], hour.x, hour[{}]
