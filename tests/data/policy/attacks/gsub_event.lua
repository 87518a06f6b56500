return (('team source nothing'):gsub('%w+', ev))
