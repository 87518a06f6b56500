policy { name = "fine" }
