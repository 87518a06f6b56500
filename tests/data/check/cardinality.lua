policy { name = "p" }
local a = window { sum = "charge_usd", over = "1h", by = { "team", "end_user" } }
local b = window { sum = "charge_usd", over = "5m", by = { "session_id" } }
local c = window { sum = "charge_usd", over = "1h", by = { "team", "workflow_id" } }
local d = window { sum = "charge_usd", over = "5m", by = { "trace_id" } } -- check: allow W401
-- check: allow W401, W402
local e = window { sum = "charge_usd", over = "5m", by = { "span_id" } }

for _, label in ipairs { "team", "end_user" } do
  counter(label .. "_total", { help = "h", labels = { label } }, function(ev) return 1, ev[label] end)
end
counter("who_total", { help = "h", labels = { "team", "who" } }, function(ev) return 1, ev.team, ev.end_user end)
