-- The calls that policies are made of: where their options and their function stand, what the
-- function is given, and what each option takes:
--   fields (of an event)   amount (a field that is a number)   dimension, dimensions (that are text)
--   duration, over (a duration or a period)    where, classes, class, window, any
return {
  policy = { options = 1, takes = {
    name = "any", version = "any", owner = "any", data = "any", settings = "any",
  } },
  derive = { options = 2, fn = 3, event = "derive", takes = { needs = "fields", override = "any" } },
  classify = { options = 2, fn = 3, event = "classify", takes = { default = "class" } },
  price = { options = 1, fn = 2, event = "price", takes = { needs = "fields", of = "any" } },
  counter = { options = 2, fn = 3, event = "count", takes = { help = "any", labels = "any", needs = "fields" } },
  histogram = { options = 2, fn = 3, event = "count", takes = {
    help = "any", labels = "any", buckets = "any", needs = "fields",
  } },
  gauge = { options = 2, fn = 3, group = "over", takes = { help = "any", over = "window" } },
  window = { options = 1, takes = {
    sum = "amount", count = "any", max = "amount", distinct = "dimension", by = "dimensions", over = "over",
    offset = "duration", where = "where", name = "any",
  } },
  rule = { options = 2, fn = 3, group = "over", takes = {
    over = "window", above = "any", below = "any", steps = "any", clear = "any", hold = "duration", keep = "duration",
    min = "any", severity = "any", labels = "any", annotations = "any",
  } },
  budget = { options = 2, fn = 3, group = "self", takes = {
    by = "dimensions", over = "over", sum = "amount", where = "where", steps = "any", clear = "any", burn = "any",
    burn_min = "any", start_day = "any", time_zone = "any",
    forecast = "any", groups = "any", alert = "any", labels = "any",
  } },
}
