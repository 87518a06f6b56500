return ev + 1, ev .. 'x', #ev, ev < ev
