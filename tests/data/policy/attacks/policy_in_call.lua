policy { name = 'other' } return ev.source and 'escaped'
