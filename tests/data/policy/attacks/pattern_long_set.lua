return ('a'):rep(9000):find('[' .. ('b-c'):rep(300) .. ']')
