return ev() and 'escaped'
