-- Assertions about values, failures of policies, and metrics.
local core, words, run, api = ...
local ipairs, pairs, tonumber, type = ipairs, pairs, tonumber, type
local concat = table.concat

local misuse, fail, begin, expect_type = run.misuse, run.fail, run.begin, run.expect_type
local hint, show, differences = words.hint, words.show, words.differences

local function with(message, extra)
  return extra ~= nil and core.text(extra) .. ": " .. message or message
end

function api.eq(got, expected, message)
  local out = {}
  differences(got, expected, "", out)
  if #out == 0 then return end
  if type(got) ~= "table" or type(expected) ~= "table" then
    fail("%s", with(("got %s, expected %s"):format(show(got), show(expected)), message))
  end
  fail("%s", with(concat(out, "\n  "), message))
end

function api.ok(value, message)
  if not value then fail("%s", with("got " .. show(value) .. ", expected it to hold", message)) end
  return value
end

function api.near(got, expected, within, message)
  within = within or 1e-9
  if type(got) ~= "number" or not (got >= expected - within and got <= expected + within) then
    fail("%s", with(("got %s, expected %s within %s"):format(show(got), show(expected), show(within)), message))
  end
end

-- --- failures of policies ---

function api.errors()
  begin()
  return #core.failures()
end

function api.fails(text, fn)
  expect_type("fails", "the text", text, "string")
  expect_type("fails", "the last argument", fn, "function")
  begin()
  local before, count, other = #core.failures(), 0, nil
  fn()
  for i, failure in ipairs(core.failures()) do
    if i > before and ((failure.message .. " " .. failure.rule):find(text, 1, true) or failure.reason == text) then
      run.state.forgiven[i] = true
      count = count + 1
    elseif i > before then
      other = other or failure
    end
  end
  if count == 0 and other then
    fail("no policy failed with %s; %s: %s", show(text), other.rule, other.message)
  elseif count == 0 then
    fail("no policy failed, expected one with %s", show(text))
  end
  return count
end

-- --- metrics ---

local function family(call, name, kind)
  expect_type(call, "the metric's name", name, "string")
  begin()
  local families, samples = core.metrics()
  for _, gauge in ipairs(core.gauges()) do families[gauge] = families[gauge] or not run.state.fresh and "gauge" or nil end
  local found = families[name]
  if not found then
    misuse("t:%s: there is no metric '%s'%s%s", call, name, hint(name, core.keys(families)),
      run.state.fresh and "; gauges want a tick after the last event" or "")
  end
  if found ~= kind then misuse("t:%s: %s is a %s", call, name, found) end
  return samples
end

local function has_label(samples, name, label)
  local known = {}
  for _, sample in ipairs(samples) do
    if sample.name == name then
      for key in pairs(sample.labels) do known[#known + 1], known[key] = key, true end
    end
  end
  if #known > 0 and not known[label] then
    misuse("%s has no label '%s'%s", name, core.text(label), hint(label, known))
  end
end

-- Over all series that match.
local function sum(samples, name, labels)
  local total, count = 0, 0
  for label in pairs(labels or {}) do has_label(samples, name, label) end
  for _, sample in ipairs(samples) do
    if sample.name == name and run.matches(sample, nil, labels) then
      total, count = total + sample.value, count + 1
    end
  end
  return total, count
end

function api.counter(name, labels)
  local total = sum(family("counter", name, "counter"), name, labels)
  return total
end

function api.gauge(name, labels)
  local total, count = sum(family("gauge", name, "gauge"), name, labels)
  if count > 1 then misuse("t:gauge: %d series of %s match; name more labels", count, name) end
  return count == 1 and total or nil
end

function api.histogram(name, labels)
  local samples = family("histogram", name, "histogram")
  local out = { sum = sum(samples, name .. "_sum", labels), buckets = {} }
  out.count = sum(samples, name .. "_count", labels)
  for _, sample in ipairs(samples) do
    if sample.name == name .. "_bucket" and run.matches(sample, nil, labels) then
      local bound = sample.labels.le == "+Inf" and math.huge or tonumber(sample.labels.le)
      out.buckets[bound] = (out.buckets[bound] or 0) + sample.value
    end
  end
  return out
end
