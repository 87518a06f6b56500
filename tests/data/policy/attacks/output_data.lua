return data.numbers, data
