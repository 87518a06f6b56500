policy {
  name = "unlabelled-burst", version = "1",
  settings = {
    labels = "tenant team", -- which are not to be missing, separated by spaces
    factor = 3,             -- times what the key usually spends without
    floor_usd = 5,          -- an hour: the usual is never taken to be less
    newcomer_usd = 75,      -- an hour: the usual of each key until half a day was seen
  },
}

for label in settings.labels:gmatch("%S+") do
  local function without(over, offset)
    return window { sum = "charge_usd", by = { "source", "key_alias", "hashed_api_key" }, over = over, offset = offset,
      where = { [label] = false } }
  end
  -- The last hour against the mean of a day, and this hour and those beside it, yesterday and last week.
  local hour, day, hours = without("1h"), without("24h", "1h"), {}
  for i, offset in ipairs { "23h", "24h", "25h", "167h", "168h", "169h" } do hours[i] = without("1h", offset) end

  rule("LLMUnlabelledBurst", {
    over = hour, above = settings.factor, clear = settings.factor * 0.8, hold = "5m", severity = "warning",
    labels = { label = label },
    annotations = function(group)
      return { summary = ("Key %s at %s spent $%.2f in an hour without a %s. Map the key, or ask its owner to send it."):format(
        group.key_alias or group.hashed_api_key or "(none)", group.source, group.value, label) }
    end,
  }, function(group)
    local usual = math.max(day:per("1h", group) or settings.newcomer_usd, settings.floor_usd)
    for _, past in ipairs(hours) do usual = math.max(usual, past:get(group)) end
    return group.value / usual
  end)
end
