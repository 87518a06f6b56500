policy {
  name = "budgets", version = "4",
  data = { "budgets", "tenant_budgets" }, -- team: USD a month; tenant: USD a month
  settings = {
    forecast = 0, -- 1: also told when the month is going to end above the limit; 1.2: 20% above it
    burn = false, -- true: also told when an hour, or six, use up far more than their part
  },
}

-- Here, so that a check and a reload refuse it: at a tick its team would go without a budget.
local function checked(name)
  if type(data[name]) ~= "table" or data[name][1] ~= nil then error(("data.%s: must be a map of name: USD a month"):format(name)) end
  for who, usd in pairs(data[name]) do
    if type(usd) ~= "number" or not (usd >= 0 and usd <= 1e9) then
      error(("data.%s['%s']: a limit is a number of USD a month, 0 to 1000000000, without quotes or a unit; this is %s"):format(
        name, who, type(usd) == "string" and "the text '" .. usd:sub(1, 40) .. "'" or tostring(usd)))
    end
  end
  return data[name]
end

local function monthly(name, label, limits)
  budget(name, {
    by = { label }, over = "month", groups = limits, alert = "LLMBudgetThreshold",
    steps = { { 0.5, "info" }, { 0.8, "warning" }, { 1.0, "critical" } },
    forecast = settings.forecast > 0 and { settings.forecast, "warning" },
    burn = settings.burn,
  }, function(group)
    return group[label] and limits[group[label]]
  end)
end

monthly("team-month", "team", checked("budgets"))
monthly("tenant-month", "tenant", checked("tenant_budgets"))
