local t = { f = function(self) return self end } while t:f() do end
