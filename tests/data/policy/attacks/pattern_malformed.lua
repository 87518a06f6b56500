for _, p in ipairs { '[', '[^', '%', '(', ')', '%b', '%f', '[a-', '[%', '(()', '%9', '[]' } do pcall(string.find, 'abc', p) pcall(string.gsub, 'abc', p, 'x') end
