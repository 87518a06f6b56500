local function summary(t, settings)
  t:settings(settings)
  t:send { requested_model = "a", team = "x", tenant = "t", charge_usd = 1 }
  t:send { requested_model = "a", team = "x", tenant = "t", charge_usd = 1 }
  t:send { requested_model = "b", team = "x", charge_usd = 3 }
  t:send { requested_model = "c", team = "x", tenant = "t", charge_usd = 2 }
  t:send { requested_model = "b", team = "y", tenant = "t", charge_usd = 9 }
  t:send { requested_model = "d", charge_usd = 5 }
  t:tick()
  t:ignore()
  return t:alert("Top", { team = "x" }).annotations.summary
end

test("the largest come first, equal ones by their labels", function(t)
  t:eq(summary(t, { most = 2 }), "b x nil 3/1, a x t 2/2")
end)

test("all that there are", function(t)
  t:eq(summary(t, { most = 100 }), "b x nil 3/1, a x t 2/2, c x t 2/1")
end)

test("of a table only what it names counts", function(t)
  t:eq(summary(t, { by = "table" }), "b y t 9/1, b x nil 3/1")
end)

test("without a group those of everybody", function(t)
  t:eq(summary(t, { by = "all" }), "b y t 9/1, d nil nil 5/1")
end)

test("a label that is missing selects what lacks it", function(t)
  summary(t, { most = 1 })
  t:eq(t:alert("Top", { team = false }).annotations.summary, "d nil nil 5/1")
end)

for _, most in ipairs { 0, 101, -1 } do
  test("not a number of groups: " .. most, function(t)
    t:settings { most = most }
    t:fails("from 1 to 100", function()
      t:send { team = "x", charge_usd = 3 }
      t:tick()
    end)
    t:alert("Top")
  end)
end

