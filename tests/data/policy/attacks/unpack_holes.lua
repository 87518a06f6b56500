return (select('#', unpack({}, -125, 124)))
