use { ".", "../shop" }

test("unless the file says where its own belong", function(t)
  t:data { team_by_key = { k = "search" } }
  t:eq(t:send({ key_alias = "k" }).workflow_id, nil)
end)
