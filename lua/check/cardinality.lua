-- How many groups and series there may be, from the labels: a warning where they are more than
-- the engine keeps. Labels of one family stand for one another, more or less: a team's workflows
-- are its own. Of each family the largest counts. Families multiply, but not in full, as not every
-- tenant uses every model: beside the largest of all, the square roots.
local check = ...
local tree = check.tree
local ipairs, pairs = ipairs, pairs
local floor, huge, sqrt = math.floor, math.huge, math.sqrt

local SIZES = {
  staff = {
    org = 10, project = 200, team = 100, workflow_id = 1000, agent = 200, endpoint = 100, prompt_version = 500,
    key_alias = 1000, hashed_api_key = 1000, user = 1000,
  },
  customers = {
    tenant = 1000, end_user = 1000000, session_id = huge, trace_id = huge, span_id = huge, id = huge, call_id = huge,
    response_id = huge,
  },
  models = { ai_system = 10, requested_model = 200, response_model = 200, service_tier = 5, region = 20 },
  source = { source = 5 },
  operation = { operation = 5 },
  environment = { environment = 5 },
  outcome = { status = 3, error_class = 20, http_status = 20 },
  price_status = { price_status = 7 },
  class = { class = 10 },
  cache_hit = { cache_hit = 2 },
  stream = { stream = 2 },
}
local OTHER = 10 -- a name that says nothing

local FAMILY, SIZE = {}, {}
for family, sizes in pairs(SIZES) do
  for name, size in pairs(sizes) do FAMILY[name], SIZE[name] = family, size end
end

local function estimate(names)
  local largest, count, worst = {}, 1, nil
  for _, name in ipairs(names) do
    local family, size = FAMILY[name] or name, SIZE[name] or OTHER
    if size > (largest[family] or 0) then largest[family] = size end
    if not worst or size > (SIZE[worst] or OTHER) then worst = name end
  end
  for _, size in pairs(largest) do count = count * sqrt(size) end
  return floor(count * sqrt(SIZE[worst] or OTHER)), worst
end

-- A metric's labels are named by the policy: what they are is seen from what is returned.
local function fields_of(c, call, names)
  local out = {}
  for i, name in ipairs(names) do
    out[i] = name
    for _, node in ipairs(call and call.fn and call.fn.returns or {}) do
      local value = tree.value(node.values[i + 1])
      local role = value and value.tag == "Index" and c.roles.of(value.of)
      out[i] = role and role.kind == "event" and tree.text(value.key) or out[i]
    end
  end
  return out
end

local function shown(count)
  local text = ("%d"):format(count)
  return (text:reverse():gsub("(%d%d%d)", "%1,"):reverse():gsub("^,", ""))
end

local KINDS = {
  window = { code = "W401", what = "groups", limit = "max_groups", key = "rules.windows.max_groups" },
  counter = { code = "W402", what = "series", limit = "max_series", key = "metrics.max_series" },
}
KINDS.budget, KINDS.histogram = KINDS.window, KINDS.counter

-- `note`: a call that ran, { line, kind, names }.
return function(c, note)
  local kind = KINDS[note.kind]
  local limit = kind and c.core.limits[kind.limit]
  local call = c.calls_at(note.line, note.kind)[1]
  local names = kind == KINDS.counter and fields_of(c, call, note.names) or note.names
  if not limit or limit <= 0 or #names == 0 then return end
  local count, worst = estimate(names)
  if count <= limit then return end
  local given, place = nil, nil
  for i, name in ipairs(names) do
    if name == worst then given = note.names[i] end
  end
  if call then place = c.literal(call.node, given) or call.node.of end
  if not place then return end
  local text = ("%s: about %s %s, and %s are kept"):format(note.kind, shown(count), kind.what, shown(limit))
  if count == huge then
    text = ("%s: '%s' has no bound, and %s %s are kept"):format(note.kind, worst, shown(limit), kind.what)
  end
  local help = ("the rest goes to __other__: leave '%s' out, or raise %s"):format(given, kind.key)
  c.report:add(kind.code, place.at, place.to, text, help)
end
