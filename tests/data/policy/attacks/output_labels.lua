return { workflow_id = ('x'):rep(257), tenant = ('y'):rep(257) }
