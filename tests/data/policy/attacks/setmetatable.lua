if setmetatable({}, {}) then return 'escaped' end
