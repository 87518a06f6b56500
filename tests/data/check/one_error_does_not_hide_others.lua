policy { name = "p" }
local team = ({}).by_key.x

derive("teem", {}, function(ev) return ev.teem end)
rule("R", { hold = "1 h" }, function() return undefined end)
