-- Assertions about alerts, and what the end of a test asks of them.
local core, words, run, api = ...
local ipairs, pairs = ipairs, pairs
local concat = table.concat

local misuse, fail, begin, expect_type = run.misuse, run.fail, run.begin, run.expect_type
local hint, show_labels, differences = words.hint, words.show_labels, words.differences

local function matches(alert, name, labels, severity)
  if name and alert.name ~= name then return false end
  local has = core.open(alert.labels)
  if severity and has.severity ~= severity then return false end
  for key, value in pairs(labels or {}) do
    if value == false then
      if has[key] ~= nil then return false end
    elseif has[key] ~= core.text(value) then
      return false
    end
  end
  return true
end

local function find(list, states, name, labels, severity)
  local found = {}
  for _, item in ipairs(list) do
    if (not states or states[item.state]) and matches(item, name, labels, severity) then
      found[#found + 1] = item
    end
  end
  return found
end

local function asked_for(name, labels, severity)
  local with = {}
  for key, value in pairs(labels or {}) do with[key] = value end
  if severity then with.severity = severity end
  return (name or "any alert") .. show_labels(with)
end

local function situation()
  local now, lines = core.now(), {}
  lines[1] = ("  now: %s, %s after the start"):format(core.time_text(now), core.duration_text(now - core.start()))
  for _, alert in ipairs(core.alerts()) do
    local since = alert.state == "firing" and alert.starts or alert.state == "pending" and alert.pending or alert.resolved
    lines[#lines + 1] = ("  %s for %s: %s%s, value %s"):format(alert.state, core.duration_text(now - since), alert.name,
      show_labels(alert.labels), core.text(alert.value))
    if #lines > 20 then break end
  end
  if #lines == 1 then lines[2] = "  no alert is pending or firing" end
  if run.state.fresh then lines[#lines + 1] = "  no tick has run since the last event: t:advance or t:tick first" end
  return concat(lines, "\n")
end

-- An assertion about an alert that no policy can raise would hold for ever.
local function check_asked(call, name, labels, severity)
  if name ~= nil then expect_type(call, "the alert's name", name, "string") end
  if labels ~= nil then expect_type(call, "labels", labels, "table") end
  if severity ~= nil then expect_type(call, "the severity", severity, "string") end
  local names, known, severities = {}, {}, {}
  for _, rule in ipairs(run.state.rules) do
    names[#names + 1] = rule.name
    if name == nil or rule.name == name then
      for _, label in ipairs(rule.labels) do known[#known + 1], known[label] = label, true end
      for _, item in ipairs(rule.severities) do severities[#severities + 1], severities[item] = item, true end
    end
  end
  if name ~= nil and #known == 0 then
    misuse("no policy has an alert '%s'%s", name, hint(name, names))
  end
  for label in pairs(labels or {}) do
    if not known[label] then
      misuse("%s has no label '%s'%s", name or "no alert", core.text(label), hint(label, known))
    end
  end
  if severity and not severities[severity] then
    misuse("%s has no severity '%s'%s", name or "no alert", severity, hint(severity, severities))
  end
end

local function same_labels(a, b)
  local out = {}
  differences(a, b, "", out)
  return #out == 0
end

local function mark_expected(firings, labels)
  for i, firing in ipairs(firings) do
    if not firing.resolved and same_labels(firing.labels, labels) then run.state.expected[i] = true end
  end
end

-- --- calls ---

function api.alert(name, labels, severity)
  begin()
  check_asked("alert", name, labels, severity)
  local found = find(core.alerts(), { firing = true }, name, labels, severity)
  if #found == 0 then fail("%s does not fire\n%s", asked_for(name, labels, severity), situation()) end
  local firings = core.firings()
  for _, alert in ipairs(found) do mark_expected(firings, alert.labels) end
  return found[1], #found
end

function api.pending(name, labels, severity)
  begin()
  check_asked("pending", name, labels, severity)
  local found = find(core.alerts(), { pending = true }, name, labels, severity)
  if #found == 0 then fail("%s is not pending\n%s", asked_for(name, labels, severity), situation()) end
  return found[1], #found
end

function api.no_alert(name, labels, severity)
  begin()
  check_asked("no_alert", name, labels, severity)
  local found = find(core.alerts(), { firing = true }, name, labels, severity)
  if #found > 0 then fail("%s fires\n%s", asked_for(name, labels, severity), situation()) end
end

function api.resolved(name, labels, severity)
  begin()
  check_asked("resolved", name, labels, severity)
  if #find(core.alerts(), { firing = true }, name, labels, severity) > 0 then
    fail("%s still fires\n%s", asked_for(name, labels, severity), situation())
  end
  local count = 0
  for i, firing in ipairs(core.firings()) do
    if matches(firing, name, labels, severity) then
      run.state.expected[i] = true
      count = count + 1
    end
  end
  if count == 0 then fail("%s never fired\n%s", asked_for(name, labels, severity), situation()) end
  return count
end

-- Alerts of this kind may fire from now on; of `expect` at least one has to.
local function allow(call, required, name, labels, severity)
  begin()
  check_asked(call, name, labels, severity)
  run.state.allowed[#run.state.allowed + 1] = { name = name, labels = labels, severity = severity, line = required and core.here() }
end

function api.expect(...)
  allow("expect", true, ...)
end

function api.ignore(...)
  allow("ignore", false, ...)
end

function api.alerts()
  begin()
  return core.alerts()
end

-- --- the end of a test ---

local function describe_firing(firing)
  local start = core.start()
  local ended = firing.resolved and ", for " .. core.duration_text(firing.resolved - firing.fired) or ", and still does"
  return ("  %s%s: value %s, fired %s after the start%s"):format(firing.name, show_labels(firing.labels),
    core.text(firing.value), core.duration_text(firing.fired - start), ended)
end

local function is_allowed(firing)
  local allowed = false
  for _, pattern in ipairs(run.state.allowed) do
    if matches(firing, pattern.name, pattern.labels, pattern.severity) then
      pattern.fired, allowed = true, true
    end
  end
  return allowed
end

local function check_unexpected()
  local lines = {}
  for i, firing in ipairs(core.firings()) do
    local allowed = is_allowed(firing)
    if not allowed and not run.state.expected[i] and #lines < 20 then lines[#lines + 1] = describe_firing(firing) end
  end
  if #lines > 0 then fail("alerts that no assertion expected\n%s", concat(lines, "\n")) end
end

local function check_expected()
  for _, pattern in ipairs(run.state.allowed) do
    if pattern.line and not pattern.fired then
      fail("%s was expected in line %d and never fired\n%s", asked_for(pattern.name, pattern.labels, pattern.severity),
        pattern.line, situation())
    end
  end
end

local function check_failures()
  local lines, times = {}, {}
  for i, failure in ipairs(core.failures()) do
    local line = ("  %s (%s): %s"):format(failure.rule, failure.reason, failure.message)
    if not run.state.forgiven[i] and times[line] then
      times[line] = times[line] + 1
    elseif not run.state.forgiven[i] and #lines < 10 then
      lines[#lines + 1], times[line] = line, 1
    end
  end
  for i, line in ipairs(lines) do
    if times[line] > 1 then lines[i] = ("%s (%d times)"):format(line, times[line]) end
  end
  if #lines > 0 then fail("a policy failed\n%s", concat(lines, "\n")) end
end

local function finish()
  if not run.state.begun then return end
  check_failures()
  check_unexpected()
  check_expected()
end

run.matches, run.finish = matches, finish
