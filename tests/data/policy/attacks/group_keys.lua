return ev.value, ev.x, ev[1]
