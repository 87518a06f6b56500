for k in pairs(_G) do end return 'escaped'
