return unpack(data.numbers) and 'escaped'
