local t = { 5, 4, 3, 2, 1 } table.sort(t, function(a, b) t[#t + 1] = #t return a < b end)
