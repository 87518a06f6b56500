policy { name = "year" }
