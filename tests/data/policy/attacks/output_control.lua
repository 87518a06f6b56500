return 'a\nb\27[31m', 'line\nline'
