return tonumber('z', 99)
