-- 0.35 USD at the price of gpt-4o, 0.021 at that of gpt-4o-mini.
local function call(team, asked, got)
  return { team = team, ai_system = "openai", requested_model = asked, response_model = got,
    input_tokens = 100000, output_tokens = 10000 }
end

test("a team that is answered by a dearer model loses the difference", function(t)
  t:every("1m", "25m", { call("search", "gpt-4o-mini", "gpt-4o"), call("search", "gpt-4o", "gpt-4o") })
  local alert = t:alert("AcmeDearerModel", { team = "search" }, "warning")
  t:near(alert.value, 25 * 0.329, 0.5)
  t:ok(alert.annotations.models:find("^gpt%-4o%-mini answered as gpt%-4o: %d+%.%d+ USD, %d+ requests$"), alert.annotations.models)
  t:every("1m", "2h", call("search", "gpt-4o-mini", "gpt-4o-mini"))
  t:resolved("AcmeDearerModel")
end)

test("the model that was asked for, a cheaper one and one without a price lose nothing", function(t)
  t:every("1m", "1h", {
    call("ml", "gpt-4o", "gpt-4o"), call("ml", "gpt-4o", "gpt-4o-mini"), call("ml", "house-model", "gpt-4o"),
  })
  t:no_alert()
end)

test("what is lost is told of each event", function(t)
  local r = t:send(call("search", "gpt-4o-mini", "gpt-4o"))
  t:eq(r.effects[1].name, "window:dearer_model_usd")
  t:near(r.effects[1].value, 0.329)
end)
