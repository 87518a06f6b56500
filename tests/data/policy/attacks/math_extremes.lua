for _, x in ipairs { 0/0, 1/0, 2^1023, -2^53 } do math.floor(x) math.fmod(x, 0) math.ldexp(x, 1e9) math.frexp(x) math.max(x) end
