setfenv(1, {}) return 'escaped'
