debug.setmetatable('', {}) return 'escaped'
