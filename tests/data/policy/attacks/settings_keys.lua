return settings[1], settings[{}]
