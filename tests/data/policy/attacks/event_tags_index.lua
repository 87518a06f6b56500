for _, i in ipairs { 0, -1, 17, 2^31, 2^53, 1/0 } do local x = ev.tags[i] end return ev.tags[0/0], ev.tags.x
