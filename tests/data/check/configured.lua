policy { name = "configured", settings = { factor = 3 } }
