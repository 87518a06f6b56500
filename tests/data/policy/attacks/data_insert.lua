table.insert(data.numbers, 1) return 'escaped'
