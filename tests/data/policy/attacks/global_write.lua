counter_of_events = 1 return 'escaped'
