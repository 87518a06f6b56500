use { "../shop" }

test("a folder without policies of its own tests those that it uses", function(t)
  t:data { team_by_key = { k = "search" } }
  t:eq(t:send({ key_alias = "k" }).team, "search")
end)
