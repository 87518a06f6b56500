for k in pairs(ev) do local x = ev.source if x then return 'escaped' end end
