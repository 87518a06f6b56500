policy { name = "p" }
for i of {} do end
