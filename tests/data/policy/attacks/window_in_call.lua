return window { count = true, over = '1h' } and ev.source and 'escaped'
