return rawget(string, 'rep') and 'escaped'
