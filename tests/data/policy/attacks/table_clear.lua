return table.clear and 'escaped'
