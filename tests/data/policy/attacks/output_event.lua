return ev, ev
