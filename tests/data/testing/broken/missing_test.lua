use { "../nowhere" }
test("a", function() end)
