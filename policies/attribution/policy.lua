policy {
  name = "attribution", version = "1",
  data = { "workflow_by_key", "team_by_key", "tenant_by_key" }, -- key alias or hashed key: name
}

local sources = {
  { label = "workflow_id", word = "workflow", by_key = data.workflow_by_key },
  { label = "team",        word = "team",     by_key = data.team_by_key },
  { label = "tenant",      word = "tenant",   by_key = data.tenant_by_key },
}

-- Keys are given out by the operator, tags and metadata are what the caller wrote: keys first.
for _, source in ipairs(sources) do
  local label, word, by_key = source.label, source.word, source.by_key
  local prefix = word .. ":"

  derive(label, { needs = { "key_alias" } }, function(ev)
    return by_key[ev.key_alias], "key alias"
  end)

  derive(label, { needs = { "hashed_api_key" } }, function(ev)
    return by_key[ev.hashed_api_key], "hashed key"
  end)

  derive(label, {}, function(ev)
    for _, tag in ipairs(ev.tags) do
      if tag:sub(1, #prefix) == prefix then return tag:sub(#prefix + 1), "tag" end
    end
  end)

  derive(label, {}, function(ev)
    return ev.metadata[label] or ev.metadata[word], "metadata"
  end)
end
