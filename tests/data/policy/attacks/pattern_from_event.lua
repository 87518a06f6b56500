for i = 1, 1e9 do local x = ('x'):find(ev.source) end
