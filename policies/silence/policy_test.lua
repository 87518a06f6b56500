local call = { charge_usd = 0.1 }

-- Weeks from a Monday on: 60 requests an hour on weekdays from 8 to 18, else 2.
local function office(t, total)
  t:every("1m", total, function(_, now)
    local hours = math.floor(now / 3600)
    local weekday, hour = (math.floor(hours / 24) + 3) % 7, hours % 24
    return (weekday < 5 and hour >= 8 and hour < 18 or now / 60 % 30 < 1) and call or nil
  end)
end

test("nights, weekends and the Monday after them are not silent", function(t)
  office(t, "10d")
  t:no_alert()
end)

test("a source that stops is told after an hour, and over when it sends again", function(t)
  t:every("1m", "30h", call)
  t:advance("1h")
  t:no_alert()
  t:advance("10m")
  t:alert("LLMSourceSilent", { source = "generic" }, "critical")
  t:every("1m", "1h", call)
  t:resolved("LLMSourceSilent")
end)

test("after a week it is held against the same hour last week", function(t)
  office(t, "7d") -- to Monday
  office(t, "12h")
  t:advance("70m")
  t:alert("LLMSourceSilent", { source = "generic" })
end)

test("an hour that is usually quiet may be silent, and so may a night", function(t)
  office(t, "8d")
  t:advance("5h")
  t:no_alert()
end)

test("a source of today has no usual hour", function(t)
  t:every("1m", "10h", call)
  t:advance("10h")
  t:no_alert()
end)

test("each source is asked for", function(t)
  t:every("1m", "25h", function(i)
    if i % 2 == 0 then
      t:send_raw("litellm", { id = "r" .. i, litellm_call_id = "c" .. i, model = "gpt-4o", custom_llm_provider = "openai", status = "success",
        prompt_tokens = 9, completion_tokens = 9, total_tokens = 18, response_cost = 0.1, startTime = t:now() - 1, endTime = t:now() })
    end
    return call
  end)
  t:no_alert()
  t:every("1m", "70m", call)
  t:alert("LLMSourceSilent", { source = "litellm" })
  t:no_alert("LLMSourceSilent", { source = "generic" })
end)

test("how many requests make an hour is a setting", function(t)
  t:settings { requests = 100 }
  t:every("1m", "30h", call)
  t:advance("3h")
  t:no_alert()
end)
