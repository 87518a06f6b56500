return (select('#', pcall(unpack, {}, 1, 250)))
