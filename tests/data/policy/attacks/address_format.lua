return ('%p'):format({}) and 'escaped'
