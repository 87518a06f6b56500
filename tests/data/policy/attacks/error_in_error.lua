pcall(error, error) error(pcall)
