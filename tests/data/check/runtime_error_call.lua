policy { name = "p" }
if #"x" == 1 then
  error("no team is configured")
end
