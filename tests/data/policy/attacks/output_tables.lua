local t = {} t[1], t.workflow_id = t, t return t, t
