-- Calls about one event: derive, classify, price, counter, histogram.
local core, reader, frame = ...
local ipairs, pairs, type = ipairs, pairs, type

local declare, register = frame.declare, frame.register
local problem, hint, expect, options_of, text, number, flag =
  reader.problem, reader.hint, reader.expect, reader.options_of, reader.text, reader.number, reader.flag
local function_of, named, list, fields = reader.function_of, reader.named, reader.list, reader.fields

local STAGE = core.stages

declare("derive", function(label, given, fn)
  local options = options_of("derive", given, { "needs", "override" }, fn)
  local labels = type(label) == "table" and label or { label }
  labels = fields("derive: the label", labels, 8, STAGE.derive, { label = true })
  if #labels == 0 then problem("E106", "derive: which label?") end
  for _, name in ipairs(labels) do
    -- Dedupe goes by it: a policy that changed it would book a repeated report twice.
    if name == "hashed_api_key" then problem("E208", "derive: 'hashed_api_key' is the gateway's alone") end
  end
  function_of("derive", given, fn)
  register("derive", {
    labels = labels, several = type(label) == "table", fn = fn,
    needs = fields("derive: 'needs'", options.needs, 8, STAGE.derive),
    override = flag("derive: 'override'", options.override),
  })
end)

declare("classify", function(classes, given, fn)
  local options = options_of("classify", given, { "default" }, fn)
  local names, declared = list("classify: the classes", classes, 32), {}
  for _, class in ipairs(names) do
    if named("classify: a class", class, "^[%w_][%w_.-]*$", 64) then declared[class] = true end
  end
  if #names == 0 then problem("E106", "classify: which classes?") end
  local default = options.default
  if default ~= nil and expect("classify: 'default'", default, "string") and not declared[default] then
    problem("E209", "classify: the default '%s' is not one of the classes%s", default, hint(default, names))
  end
  function_of("classify", given, fn)
  register("classify", { classes = names, default = default, fn = fn })
end)

declare("price", function(given, fn)
  local options = options_of("price", given, { "needs", "of" }, fn)
  local of = options.of == nil and "charge" or options.of
  if of ~= "charge" and of ~= "billed" then problem("E108", "price: 'of' must be \"charge\" or \"billed\"") end
  function_of("price", given, fn)
  register("price", { billed = of == "billed", fn = fn,
    needs = fields("price: 'needs'", options.needs, 8, STAGE.price) })
end)

-- --- metrics ---

local METRIC = reader.METRIC
local BUCKETS = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 } -- Prometheus' own

local function metric_labels(what, given)
  local labels, seen = list(what .. ": 'labels'", given, 8), {}
  for _, label in ipairs(labels) do
    local ok = named(what .. ": a label", label, METRIC)
    local reserved = ok == "le" or ok == "quantile" or ok and ok:sub(1, 2) == "__"
    if ok and (seen[ok] or reserved) then
      problem(reserved and "E205" or "E207", "%s: the label '%s' is taken", what, ok)
    end
    if ok then seen[ok] = true end
  end
  return labels
end

local function metric_spec(what, name, options, fn)
  return {
    name = reader.metric_name(what, name), labels = metric_labels(what, options.labels), fn = fn,
    help = text(what .. ": 'help'", options.help, 256),
    needs = fields(what .. ": 'needs'", options.needs, 8, STAGE.count),
  }
end

declare("counter", function(name, given, fn)
  local options = options_of("counter", given, { "help", "labels", "needs" }, fn)
  function_of("counter", given, fn)
  register("counter", metric_spec("counter", name, options, fn))
end)

local function buckets_of(value)
  local bounds = list("histogram: 'buckets'", value == nil and BUCKETS or value, 32)
  if #bounds == 0 then problem("E308", "histogram: 'buckets' lists no bound") end
  for i, bound in ipairs(bounds) do
    local ok = number("histogram: 'buckets'", bound)
    if ok and (ok <= 0 or ok > 1e9) then
      problem("E309", "histogram: the bucket %g is not above 0 and at most 1e9", ok)
    elseif ok and i > 1 and type(bounds[i - 1]) == "number" and ok <= bounds[i - 1] then
      problem("E309", "histogram: the buckets must ascend: %g comes after %g", ok, bounds[i - 1])
    end
  end
  return bounds
end

declare("histogram", function(name, given, fn)
  local options = options_of("histogram", given, { "help", "labels", "buckets", "needs" }, fn)
  function_of("histogram", given, fn)
  local spec = metric_spec("histogram", name, options, fn)
  spec.buckets = buckets_of(options.buckets)
  register("histogram", spec)
end)
