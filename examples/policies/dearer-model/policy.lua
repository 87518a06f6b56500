policy {
  name = "dearer-model", version = "1",
  settings = { usd_an_hour = 5 },
}

-- What the answer cost beyond the price of the model that was asked for.
local function lost_usd(ev)
  local asked, got = ev.requested_model_usd, ev.computed_usd
  return asked and got and got > asked and got - asked or nil
end

local team = window { sum = lost_usd, name = "dearer_model_usd", by = { "team" }, over = "1h" }
local pairs_of_models = window {
  sum = lost_usd, name = "dearer_model_usd_by_model", by = { "team", "requested_model", "response_model" }, over = "1h",
}

rule("AcmeDearerModel", {
  over = team, above = settings.usd_an_hour, hold = "5m", severity = "warning",
  annotations = function(group, value)
    local lines = {}
    for i, row in ipairs(pairs_of_models:top(5, group)) do
      lines[i] = ("%s answered as %s: %.2f USD, %d requests"):format(row.requested_model, row.response_model, row.value, row.count)
    end
    return {
      summary = ("{{team}} lost %.2f USD in an hour to models that are dearer than those it asked for"):format(value),
      models = table.concat(lines, "\n"),
    }
  end,
}, function(group)
  return group.value
end)
