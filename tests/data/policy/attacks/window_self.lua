return hour.get(ev, ev), hour.get(), hour.get({}, {})
