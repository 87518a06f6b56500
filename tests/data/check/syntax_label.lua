policy { name = "p" }
goto nowhere
