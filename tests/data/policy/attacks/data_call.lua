return data.numbers() and 'escaped'
