for k in ipairs(ev) do end
