policy { name = "p" }
while true do end
