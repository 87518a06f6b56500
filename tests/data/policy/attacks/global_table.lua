return _G and 'escaped'
