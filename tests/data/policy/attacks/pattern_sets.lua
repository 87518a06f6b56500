return ('a'):rep(9000):find(('[^b]*'):rep(10) .. 'b')
