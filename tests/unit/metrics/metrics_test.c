#include "support.h"

TEST(one_event_moves_every_family_it_belongs_to)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "gpt-4o", 45000);

    r.ev.count[COUNT_INPUT_TOKENS] = 100;
    r.ev.count[COUNT_OUTPUT_TOKENS] = 20;
    r.ev.count[COUNT_CACHE_READ_TOKENS] = 60;
    r.ev.count[COUNT_RETRY_DEPTH] = 1;
    r.ev.reported = REPORTED_COST;
    r.ev.reported_usd.nanousd = 50000;
    r.charge.has_computed = true;
    r.charge.computed.nanousd = 45000;
    r.ev.start_ns = NS_PER_SECOND;
    r.ev.end_ns = 2 * NS_PER_SECOND + 500 * NS_PER_MS;
    metrics_apply(m, &r);
    r.ev.outcome = OUTCOME_FAILURE;
    r.ev.count[COUNT_RETRY_DEPTH] = 0;
    metrics_apply(m, &r);
    expect_line(m, "llm_spend_usd_total{team=\"a\",requested_model=\"gpt-4o\"} 0.00009");
    expect_line(
        m, "llm_retry_spend_usd_total{team=\"a\",requested_model=\"gpt-4o\"} 0.000045");
    expect_line(
        m, "llm_reported_cost_usd_total{team=\"a\",requested_model=\"gpt-4o\"} 0.0001");
    expect_line(
        m, "llm_computed_cost_usd_total{team=\"a\",requested_model=\"gpt-4o\"} 0.00009");
    expect_line(m, "llm_requests_total{team=\"a\",requested_model=\"gpt-4o\",status="
                   "\"success\"} 1");
    expect_line(m, "llm_requests_total{team=\"a\",requested_model=\"gpt-4o\",status="
                   "\"failure\"} 1");
    expect_line(m, "llm_requests_total{team=\"a\",requested_model=\"gpt-4o\",status="
                   "\"cancelled\"} 0");
    expect_line(
        m, "llm_tokens_total{team=\"a\",requested_model=\"gpt-4o\",type=\"input\"} 200");
    expect_line(
        m, "llm_tokens_total{team=\"a\",requested_model=\"gpt-4o\",type=\"output\"} 40");
    expect_line(m, "llm_token_details_total{team=\"a\",requested_model=\"gpt-4o\",type="
                   "\"cache_read\"} 120");
    expect_absent(m, "type=\"reasoning\"");
    expect_line(m, "llm_cost_drift_usd{ai_system=\"openai\",requested_model=\"gpt-4o\"} "
                   "-0.00001");
    expect_line(m, "llm_request_cost_usd_bucket{ai_system=\"openai\",requested_model="
                   "\"gpt-4o\",le=\"0.0001\"} 2");
    expect_line(m, "llm_request_cost_usd_sum{ai_system=\"openai\",requested_model="
                   "\"gpt-4o\"} 0.00009");
    expect_line(m, "llm_request_duration_seconds_bucket{ai_system=\"openai\",requested_"
                   "model=\"gpt-4o\",le=\"1\"} 0");
    expect_line(m, "llm_request_duration_seconds_bucket{ai_system=\"openai\",requested_"
                   "model=\"gpt-4o\",le=\"2.5\"} 2");
    expect_line(m, "llm_request_duration_seconds_sum{ai_system=\"openai\",requested_"
                   "model=\"gpt-4o\"} 3");
    expect_line(m, "llm_request_duration_seconds_count{ai_system=\"openai\",requested_"
                   "model=\"gpt-4o\"} 2");
    metrics_close(m);
}

TEST(a_value_at_a_bound_is_below_it)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "m", 1000000);

    metrics_apply(m, &r);
    r.charge.charge.nanousd = 1000001;
    metrics_apply(m, &r);
    r.charge.charge.nanousd = INT64_C(900000000000);
    metrics_apply(m, &r);
    expect_line(m, "llm_request_cost_usd_bucket{ai_system=\"openai\",requested_model="
                   "\"m\",le=\"0.001\"} 1");
    expect_line(m, "llm_request_cost_usd_bucket{ai_system=\"openai\",requested_model="
                   "\"m\",le=\"0.003\"} 2");
    expect_line(m, "llm_request_cost_usd_bucket{ai_system=\"openai\",requested_model="
                   "\"m\",le=\"100\"} 2");
    expect_line(m, "llm_request_cost_usd_bucket{ai_system=\"openai\",requested_model="
                   "\"m\",le=\"+Inf\"} 3");
    metrics_close(m);
}

TEST(attributed_and_unattributed_spend_add_up)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "m", 700);

    expect_line(m, "llm_attributed_spend_usd_total{label=\"team\"} 0");
    metrics_apply(m, &r);
    r = charge("", "m", 300);
    metrics_apply(m, &r);
    expect_line(m, "llm_attributed_spend_usd_total{label=\"team\"} 0.0000007");
    expect_line(m, "llm_attributed_spend_usd_total{label=\"tenant\"} 0");
    expect_line(
        m,
        "llm_unattributed_spend_usd_total{label=\"team\",source=\"litellm\"} 0.0000003");
    expect_line(
        m,
        "llm_unattributed_spend_usd_total{label=\"tenant\",source=\"litellm\"} 0.000001");
    expect_line(m, "llm_unattributed_spend_by_key_usd_total{label=\"tenant\",source="
                   "\"litellm\",hashed_api_key=\"\",key_alias=\"\"} 0.000001");
    expect_line(m, "llm_spend_usd_total{team=\"\",requested_model=\"m\"} 0.0000003");
    metrics_close(m);
}

TEST(spend_with_a_label_from_a_policy_is_counted_by_policy)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct provenance gateway = {.from = FROM_GATEWAY};
    struct provenance policy = {.from = FROM_POLICY, .policy = STR("finops")};
    struct record r = charge("a", "m", 700);

    *record_label_by(&r, TEXT_TEAM) = &policy;
    *record_label_by(&r, TEXT_TENANT) = &gateway;
    metrics_apply(m, &r);
    expect_line(
        m, "llm_derived_spend_usd_total{label=\"team\",policy=\"finops\"} 0.0000007");
    expect_absent(m, "llm_derived_spend_usd_total{label=\"tenant\"");
    metrics_close(m);
}

TEST(requests_without_a_price_are_counted_with_the_reason)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "m", 0);

    r.charge.status = PRICE_UNPRICED;
    metrics_apply(m, &r);
    r.charge.step_count = 1; /* a policy says that it costs nothing */
    r.charge.steps[0] = (struct price_step){0};
    metrics_apply(m, &r);
    r.charge.steps[0].billed = true; /* that is only what a tenant pays */
    metrics_apply(m, &r);
    r.charge.step_count = 0;
    r.charge.charge.nanousd = 5; /* the gateway had a price, or a policy */
    metrics_apply(m, &r);
    r = charge("a", "m", 0);
    r.charge.status = PRICE_INCLUDED;
    metrics_apply(m, &r);
    r.charge.status = PRICE_USAGE_MISSING;
    r.ev.outcome = OUTCOME_FAILURE; /* failed before it cost anything */
    metrics_apply(m, &r);
    r.ev.count[COUNT_INPUT_TOKENS] = 5;
    metrics_apply(m, &r);
    expect_line(m, "llm_unpriced_requests_total{ai_system=\"openai\",requested_model="
                   "\"m\",reason=\"unpriced\"} 2");
    expect_line(m, "llm_unpriced_requests_total{ai_system=\"openai\",requested_model="
                   "\"m\",reason=\"usage_missing\"} 1");
    expect_line(m, "llm_request_cost_usd_count{ai_system=\"openai\",requested_model="
                   "\"m\"} 3");
    metrics_close(m);
}

TEST(series_beyond_the_limit_are_other)
{
    struct metrics *m = opened("team", "requested_model", 2);
    char team[16];

    for (int i = 0; i < 5; i++) {
        snprintf(team, sizeof team, "t%d", i);
        struct record r = charge(team, "m", 1000);
        metrics_apply(m, &r);
    }
    expect_line(m, "llm_spend_usd_total{team=\"t1\",requested_model=\"m\"} 0.000001");
    expect_line(m, "llm_spend_usd_total{team=\"__other__\",requested_model=\"__other__\"}"
                   " 0.000003");
    expect_line(m, "spendwarden_metric_series{set=\"spend\"} 3");
    expect_line(m, "spendwarden_metric_overflow_events_total{set=\"spend\"} 3");
    assert_true(metrics_spend_total(m) == 5000);
    metrics_close(m);
}

TEST(label_values_are_escaped_and_made_text)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a\"b\\c\nd", "m", 1000);

    metrics_apply(m, &r);
    r = charge("x\xFFy\xC3", "m", 1000);
    metrics_apply(m, &r);
    metrics_apply(m, &r);
    r = charge("x?y?", "m", 1000); /* the same once cleaned: one series, not two */
    metrics_apply(m, &r);
    expect_line(
        m,
        "llm_spend_usd_total{team=\"a\\\"b\\\\c\\nd\",requested_model=\"m\"} 0.000001");
    expect_line(m, "llm_spend_usd_total{team=\"x?y?\",requested_model=\"m\"} 0.000003");
    metrics_close(m);
}

static const struct metric_decl retries = {.policy = STR("finops"),
                                           .name = STR("acme_retry_spend_usd_total"),
                                           .help = STR("Spend on\nretries."),
                                           .label_count = 2,
                                           .labels = {STR("team"), STR("why")}};

static void count(struct metrics *m, const char *team, const char *why, int64_t nano)
{
    struct record r = charge(team, "m", 0);
    struct effect effects[] = {
        {.name = retries.name,
         .nano = nano,
         .label_count = 2,
         .labels = {{STR("why"), str_of(why)}, {STR("team"), str_of(team)}}},
        {.name = STR("unknown_total"), .nano = 1}};

    r.effects = effects;
    r.effect_count = 2;
    metrics_apply(m, &r);
}

TEST(counters_of_policies_are_kept_by_their_labels)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct metric_decl other = retries;

    count(m, "a", "x", 1); /* not declared yet */
    assert_true(metrics_declare(m, &retries, NULL));
    count(m, "a", "x", 1500000000);
    count(m, "a", "x", 1);
    assert_true(metrics_declare(m, &retries, NULL));
    expect_line(m, "# HELP acme_retry_spend_usd_total Spend on\\nretries.");
    expect_line(m, "acme_retry_spend_usd_total{team=\"a\",why=\"x\"} 1.500000001");
    expect_absent(m, "unknown_total");
    other.label_count = 1;
    assert_true(metrics_declare(m, &other, NULL));
    expect_absent(m, "acme_retry_spend_usd_total{");
    count(m, "b", "x", 7);
    expect_line(m, "acme_retry_spend_usd_total{team=\"b\"} 0.000000007");
    metrics_close(m);
}

TEST(counters_with_bad_names_or_labels_are_refused)
{
    struct metrics *m = opened("team", "requested_model", 100);
    static const struct str names[] = {STR("acme_spend"), STR("_total"),
                                       STR("9_total"),    STR("a-b_total"),
                                       STR(""),           STR("llm_spend_usd_total"),
                                       STR("a_total\n"),  STR("spendwarden_x_total")};
    struct metric_decl bad;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct err err = {0};
        bad = retries;
        bad.name = names[i];
        assert_false(metrics_declare(m, &bad, &err));
        assert_int_equal(err.kind, ERR_CONFIG);
    }
    bad = retries;
    bad.labels[1] = STR("team");
    assert_false(metrics_declare(m, &bad, NULL));
    bad.labels[1] = STR("__name__");
    assert_false(metrics_declare(m, &bad, NULL));
    bad.labels[1] = STR("le");
    assert_false(metrics_declare(m, &bad, NULL));
    bad.labels[1] = STR("a b");
    assert_false(metrics_declare(m, &bad, NULL));
    bad.labels[1] = STR("status"); /* taken in families of spend alone */
    assert_true(metrics_declare(m, &bad, NULL));
    metrics_close(m);
}

TEST(only_charges_count)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "m", 1000);

    r.kind = RECORD_REVISION;
    metrics_apply(m, &r);
    assert_true(metrics_spend_total(m) == 0);
    expect_absent(m, "llm_spend_usd_total{");
    metrics_close(m);
}

TEST(a_copy_stays_as_it_was_and_outlives_the_registry)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "m", 1000);
    struct buf text = {0};

    metrics_apply(m, &r);
    struct metrics_copy *copy = metrics_copy(m, 0);
    for (int i = 0; i < 50; i++) {
        char team[16];
        snprintf(team, sizeof team, "t%d", i);
        r = charge(team, "m", 1000);
        metrics_apply(m, &r);
    }
    metrics_close(m);
    metrics_render(copy, &(struct exposition){.out = &text, .zero_from_ns = INT64_MAX});
    buf_byte(&text, '\0');
    assert_non_null(strstr(
        text.at, "llm_spend_usd_total{team=\"a\",requested_model=\"m\"} 0.000001\n"));
    assert_null(strstr(text.at, "team=\"t1\""));
    buf_release(&text);
    metrics_copy_free(copy);
    metrics_copy_free(NULL);
}

TEST(sums_that_do_not_fit_are_clamped)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct record r = charge("a", "m", INT64_MAX);

    r.ev.count[COUNT_INPUT_TOKENS] = INT64_MAX;
    metrics_apply(m, &r);
    metrics_apply(m, &r);
    expect_line(
        m, "llm_spend_usd_total{team=\"a\",requested_model=\"m\"} 9223372036.854775807");
    metrics_close(m);
}

TEST(labels_may_be_none_and_numbers_may_be_labels)
{
    struct metrics_options options = {.max_series = 100};
    struct record r = charge("a", "m", 1000);
    struct metrics *m;

    assert_true(metrics_open(&m, &options, NULL));
    metrics_apply(m, &r);
    expect_line(m, "llm_spend_usd_total 0.000001");
    expect_line(m, "llm_requests_total{status=\"success\"} 1");
    metrics_close(m);
    m = opened("retry_depth", "class", 100);
    r.ev.count[COUNT_RETRY_DEPTH] = 12;
    r.class = STR("prod");
    metrics_apply(m, &r);
    expect_line(m, "llm_spend_usd_total{retry_depth=\"12\",class=\"prod\"} 0.000001");
    metrics_close(m);
}

TEST(labels_that_families_add_themselves_are_refused)
{
    static const char *const bad[] = {"status", "team"};
    struct metrics *m;

    for (size_t i = 0; i < 2; i++) {
        struct metrics_options options = {.label_count = 2,
                                          .labels = {field("team"), field(bad[i])},
                                          .max_series = 100};
        struct err err = {0};
        assert_false(metrics_open(&m, &options, &err));
        assert_null(m);
        assert_int_equal(err.kind, ERR_CONFIG);
    }
}

TEST(the_label_that_makes_series_many_is_named)
{
    struct metrics *m = opened("team", "requested_model", 100);
    struct set_size size;
    char team[16];

    for (int i = 0; i < 30; i++) {
        snprintf(team, sizeof team, "t%d", i % 10);
        struct record r = charge(team, i % 3 ? "a" : "b", 1);
        r.committed_ns = i;
        metrics_apply(m, &r);
    }
    struct metrics_copy *copy = metrics_copy(m, 30);
    assert_true(metrics_copy_size(copy, 0, 8, &size));
    assert_true(str_eq(size.name, STR("spend")));
    assert_int_equal(size.series, 20);
    assert_int_equal(size.fresh, 12);
    assert_int_equal(size.max_series, 100);
    assert_true(str_eq(size.labels[0].name, STR("team")));
    assert_int_equal(size.labels[0].values, 10);
    assert_int_equal(size.labels[0].fresh, 2);
    assert_int_equal(size.labels[1].values, 2);
    assert_int_equal(size.labels[1].fresh, 0);
    assert_false(metrics_copy_size(copy, 1000, 8, &size));
    metrics_copy_free(copy);
    metrics_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_event_moves_every_family_it_belongs_to),
        cmocka_unit_test(a_value_at_a_bound_is_below_it),
        cmocka_unit_test(attributed_and_unattributed_spend_add_up),
        cmocka_unit_test(spend_with_a_label_from_a_policy_is_counted_by_policy),
        cmocka_unit_test(requests_without_a_price_are_counted_with_the_reason),
        cmocka_unit_test(series_beyond_the_limit_are_other),
        cmocka_unit_test(label_values_are_escaped_and_made_text),
        cmocka_unit_test(counters_of_policies_are_kept_by_their_labels),
        cmocka_unit_test(counters_with_bad_names_or_labels_are_refused),
        cmocka_unit_test(only_charges_count),
        cmocka_unit_test(a_copy_stays_as_it_was_and_outlives_the_registry),
        cmocka_unit_test(sums_that_do_not_fit_are_clamped),
        cmocka_unit_test(labels_may_be_none_and_numbers_may_be_labels),
        cmocka_unit_test(labels_that_families_add_themselves_are_refused),
        cmocka_unit_test(the_label_that_makes_series_many_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
