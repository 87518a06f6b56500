policy { name = "broken" }
