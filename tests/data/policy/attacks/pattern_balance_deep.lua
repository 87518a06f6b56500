return ('('):rep(8000):gsub('%b()', '')
