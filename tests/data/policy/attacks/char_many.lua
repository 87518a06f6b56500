return string.char(unpack({ 256, -1 }))
