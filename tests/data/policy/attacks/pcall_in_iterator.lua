for x in function() return pcall(error, 'x') or 1 end do end
