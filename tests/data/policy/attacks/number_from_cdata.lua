return tonumber('1LL') or tonumber('1i')
