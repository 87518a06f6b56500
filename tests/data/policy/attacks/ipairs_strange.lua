for k in ipairs('x') do end return 'escaped'
