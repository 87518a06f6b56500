policy { name = "p" }
local function make(options) return options.make() end
local made = make {}
