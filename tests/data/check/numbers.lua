policy { name = "p" }
local big = 10000000000LL
local unsigned, imaginary = 1ULL, 2i
