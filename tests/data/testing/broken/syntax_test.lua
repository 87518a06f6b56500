test("a", function(t)
