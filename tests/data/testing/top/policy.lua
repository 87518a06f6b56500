policy { name = "top", settings = { most = 2, by = "group" } }

local hour = window { sum = "charge_usd", by = { "team" }, over = "1h" }
local parts = window { sum = "charge_usd", by = { "requested_model", "team", "tenant" }, over = "1h" }

local function given(group)
  if settings.by == "group" then return group end
  if settings.by == "table" then return { requested_model = "b" } end
end

rule("Top", { over = hour, above = 1, annotations = function(group)
  local texts = {}
  for i, row in ipairs(parts:top(settings.most, given(group))) do
    texts[i] = ("%s %s %s %g/%d"):format(row.requested_model, row.team, tostring(row.tenant), row.value, row.count)
  end
  return { summary = table.concat(texts, ", ") }
end }, function(group) return group.value end)
