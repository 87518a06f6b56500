policy { name = "p" }

local function never_run()
  print("hello")
  return os.time() + contains({}, 1)
end

count = 0
function helper() end
local x = tonumber(never_run and "1")

derive("team", { needs = { "key_alias" } }, function(ev)
  last = ev.key_alias
  return Team and x
end)
