policy { name = "p" }
local größe = "日本語 Ä" .. ("x"):grösse()
derive("team", {}, function(ev) return "größer 日本" .. ev.teem end)
