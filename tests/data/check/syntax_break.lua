policy { name = "p" }
if true then
  break
end
