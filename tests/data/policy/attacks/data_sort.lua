table.sort(data.numbers) return 'escaped'
