policy { name = "empty" }
