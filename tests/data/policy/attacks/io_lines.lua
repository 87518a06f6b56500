for line in io.lines('/etc/passwd') do return 'escaped' end
