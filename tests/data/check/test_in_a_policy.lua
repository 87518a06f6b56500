policy { name = "test_in_a_policy" }

derive("team", {}, function(ev)
  if ev.key_alias == null then return "none" end
end)
test("a team", function() end)
