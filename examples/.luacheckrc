-- For luacheck: what policies and their tests may use. Made by `spendwarden types --luacheck`.
stds.spendwarden = {
  read_globals = {
    "assert", "budget", "classify", "counter", "data", "derive", "error", "gauge", "histogram",
    "ipairs", "pairs", "pcall", "policy", "price", "rule", "select", "settings", "tonumber",
    "tostring", "type", "unpack", "window",
    math = { fields = {
      "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor",
      "fmod", "frexp", "huge", "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow",
      "rad", "sin", "sinh", "sqrt", "tan", "tanh",
    } },
    string = { fields = {
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep",
      "reverse", "sub", "upper",
    } },
    table = { fields = {
      "concat", "insert", "remove", "sort",
    } },
  },
}

stds.spendwarden_test = {
  read_globals = {
    "assert", "error", "ipairs", "pairs", "pcall", "select", "test", "todo", "tonumber",
    "tostring", "type", "unpack", "use",
    math = { fields = {
      "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor",
      "fmod", "frexp", "huge", "ldexp", "log", "log10", "max", "min", "modf", "pi", "pow",
      "rad", "sin", "sinh", "sqrt", "tan", "tanh",
    } },
    string = { fields = {
      "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep",
      "reverse", "sub", "upper",
    } },
    table = { fields = {
      "concat", "insert", "remove", "sort",
    } },
  },
}

std = "spendwarden"
files["**/*_test.lua"] = { std = "spendwarden_test" }
exclude_files = { "**/*.meta.lua" }
unused_args = false -- a function may ignore its event or group
max_line_length = false
