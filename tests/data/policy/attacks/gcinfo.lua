return gcinfo() and 'escaped'
