use {
  "../../../../policies/attribution", "../../../../policies/spend-class", "../../../../policies/budgets",
  "../../../../policies/spikes", "../../../../policies/coverage",
}

-- $288 a day: of 9,200 a month half is spent around the 16th, four fifths around the 26th, also in February.
test("a year of events each five minutes", function(t)
  t:at("2026-01-01")
  t:data { budgets = { search = 9200 } }
  t:expect("LLMBudgetThreshold", { team = "search" }, "info")
  t:expect("LLMBudgetThreshold", { team = "search" }, "warning")
  t:every("5m", "365d", { team = "search", tenant = "acme", workflow_id = "bot", charge_usd = 1,
    input_tokens = 1000, output_tokens = 100, requested_model = "gpt-4o" })
  t:advance("2027-01-01 00:01")
  t:eq(t:resolved("LLMBudgetThreshold", { team = "search" }, "info"), 12)
  t:eq(t:resolved("LLMBudgetThreshold", { team = "search" }, "warning"), 12)
  t:eq(t:counter("llm_spend_usd_total"), 365 * 288)
end)
