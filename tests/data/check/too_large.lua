policy { name = "p" } -- and more than the limit of this case, which is a hundred bytes: a policy that has so much to say
