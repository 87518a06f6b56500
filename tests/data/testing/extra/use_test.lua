use { "../shop" }

-- Loaded before: shop's team is known here.
test("policies of another folder come first", function(t)
  t:data { team_by_key = { k = "search" } }
  t:eq(t:send({ key_alias = "k" }).workflow_id, "search-work")
end)
