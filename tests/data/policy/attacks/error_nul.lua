error('a\0b\27[31m')
