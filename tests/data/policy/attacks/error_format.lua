error('%s%s%n%n%99999d')
