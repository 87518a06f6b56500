policy { name = "workflow-budget", version = "1", owner = "finops@example.com" }

budget("workflow-month", { by = { "workflow_id" }, over = "month" }, function()
  return 100
end)
