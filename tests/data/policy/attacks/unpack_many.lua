return (select('#', unpack({}, 1, 8000)))
