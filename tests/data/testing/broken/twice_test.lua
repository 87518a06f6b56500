test("a", function() end)
test("a", function() end)
