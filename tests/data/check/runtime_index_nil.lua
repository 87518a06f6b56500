policy { name = "p" }
local teams
local first = teams.first
