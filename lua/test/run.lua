-- The test at hand: what it has done so far, and how it fails.
local core, words = ...
local select, type = select, type

local run = { state = nil } -- state: nil between tests

-- The test itself is wrong, at the line that is being run.
function run.misuse(format, ...)
  core.misuse(select("#", ...) > 0 and format:format(...) or format)
end

function run.fail(message, ...)
  core.fail(select("#", ...) > 0 and message:format(...) or message)
end

function run.begin()
  if run.state.begun then return end
  core.begin()
  run.state.begun = true
  run.state.rules = core.rules()
end

function run.before_the_first_event(call)
  if run.state.begun then run.misuse("t:%s comes before the first event", call) end
end

function run.expect_type(call, what, value, kind)
  if type(value) ~= kind then
    run.misuse("t:%s: %s must be a %s, not a %s", call, what, kind, type(value))
  end
  return value
end

function run.seconds(call, value)
  local duration = type(value) == "string" and core.duration(value)
  if not duration then
    run.misuse('t:%s: %s is not a duration such as "10m" or "1h"', call, words.show(value))
  end
  return duration
end

return run
