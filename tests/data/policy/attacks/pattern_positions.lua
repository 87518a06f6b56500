return (('a'):rep(9000):gsub('()', '%1%1%1%1'))
