getmetatable('').__index = function() return 'escaped' end return ('').x
