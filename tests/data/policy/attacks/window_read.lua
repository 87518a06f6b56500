return hour:get(ev) and nil
