return package.preload.ffi and 'escaped'
