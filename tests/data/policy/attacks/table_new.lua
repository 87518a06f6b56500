return table.new and 'escaped'
