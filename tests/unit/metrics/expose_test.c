#include "support.h"

#include <math.h>

static void expect(struct buf *out, const char *text)
{
    buf_byte(out, '\0');
    assert_string_equal(out->at, text);
    buf_reset(out);
}

TEST(families_and_samples_are_written_as_prometheus_reads_them)
{
    const struct pair labels[] = {{STR("team"), STR("a\"b\\c\nd\xFF")},
                                  {STR(""), STR("left out")},
                                  {STR("window"), STR("1h")}};
    struct buf out = {0};
    struct exposition x = {.out = &out};

    expose_family(&x, "x_ratio", "A \\ and\na line.", "gauge");
    expect(&out, "# HELP x_ratio A \\\\ and\\na line.\n# TYPE x_ratio gauge\n");
    expose_sample(&x, "x_ratio", labels, 3, 0.25);
    expect(&out, "x_ratio{team=\"a\\\"b\\\\c\\nd\xEF\xBF\xBD\",window=\"1h\"} 0.25\n");
    expose_sample_int(&x, "x", labels + 1, 1, INT64_MIN);
    expect(&out, "x -9223372036854775808\n");
    expose_sample_money(&x, "x_usd", NULL, 0, (struct money){45000});
    expect(&out, "x_usd 0.000045\n");
    buf_release(&out);
}

TEST(counters_of_the_program_are_shown_at_zero_first)
{
    static struct beginnings beginnings;
    const struct pair label = {STR("source"), STR("kong")};
    struct buf out = {0};
    struct exposition x = {.out = &out, .beginnings = &beginnings};

    beginnings_look(&beginnings, 100 * NS_PER_SECOND, 90 * NS_PER_SECOND);
    x.zero_from_ns = 90 * NS_PER_SECOND;
    expose_family(&x, "events_total", "E.", "counter");
    buf_reset(&out);
    expose_sample_int(&x, "events_total", &label, 1, 7);
    expect(&out, "events_total{source=\"kong\"} 0\n");
    expose_sample_int(&x, "events_total", NULL, 0, 7);
    expect(&out, "events_total 7\n");
    beginnings_look(&beginnings, 115 * NS_PER_SECOND, 90 * NS_PER_SECOND);
    x.zero_from_ns = 101 * NS_PER_SECOND;
    expose_sample_int(&x, "events_total", &label, 1, 8);
    expect(&out, "events_total{source=\"kong\"} 8\n");
    expose_family(&x, "size", "S.", "gauge");
    buf_reset(&out);
    expose_sample_int(&x, "size", &label, 1, 5);
    expect(&out, "size{source=\"kong\"} 5\n");
    buf_release(&out);
}

TEST(what_is_first_seen_after_a_pause_is_old)
{
    static struct beginnings b;

    beginnings_look(&b, 1000 * NS_PER_SECOND, 100 * NS_PER_SECOND);
    assert_int_equal(beginnings_born(&b, STR("a")), 0);
    beginnings_look(&b, 1015 * NS_PER_SECOND, 100 * NS_PER_SECOND);
    assert_int_equal(beginnings_born(&b, STR("b")), 1015 * NS_PER_SECOND);
    for (int i = 0; i < 2 * BEGINNINGS_MAX; i++)
        beginnings_born(&b, (struct str){(char *)&i, sizeof i});
    assert_int_equal(beginnings_born(&b, STR("c")), 0); /* no room */
    assert_int_equal(beginnings_born(&b, STR("b")), 1015 * NS_PER_SECOND);
}

TEST(what_was_forgotten_begins_again)
{
    static struct beginnings b;

    beginnings_look(&b, 100 * NS_PER_SECOND, 90 * NS_PER_SECOND);
    for (int i = 0; i < BEGINNINGS_MAX; i++)
        beginnings_born(&b, (struct str){(char *)&i, sizeof i});
    beginnings_look(&b, 115 * NS_PER_SECOND, 90 * NS_PER_SECOND);
    beginnings_forget(&b);
    int first = 0;
    assert_int_equal(beginnings_born(&b, (struct str){(char *)&first, sizeof first}),
                     115 * NS_PER_SECOND);
    beginnings_look(&b, 1000 * NS_PER_SECOND, 90 * NS_PER_SECOND);
    beginnings_forget(&b);
    assert_int_equal(beginnings_born(&b, (struct str){(char *)&first, sizeof first}), 0);
}

TEST(numbers_read_back_as_they_were)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "x 0.1\n"},
                 {1.0 / 3, "x 0.3333333333333333\n"},
                 {1e300, "x 1e+300\n"},
                 {-0.0, "x -0\n"},
                 {NAN, "x NaN\n"},
                 {INFINITY, "x +Inf\n"},
                 {-INFINITY, "x -Inf\n"},
                 {1795481240.5, "x 1795481240.5\n"},
                 {0.1 + 0.2, "x 0.30000000000000004\n"}};
    struct buf out = {0};
    struct exposition x = {.out = &out};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expose_sample(&x, "x", NULL, 0, cases[i].value);
        expect(&out, cases[i].text);
    }
    buf_release(&out);
}

static const char golden[] =
    "# HELP llm_spend_usd_total What was charged.\n"
    "# TYPE llm_spend_usd_total counter\n"
    "llm_spend_usd_total{team=\"a\",class=\"\"} 0.000001\n"
    "# HELP llm_retry_spend_usd_total What was charged for retries (retry_depth above "
    "0).\n"
    "# TYPE llm_retry_spend_usd_total counter\n"
    "llm_retry_spend_usd_total{team=\"a\",class=\"\"} 0\n"
    "# HELP llm_reported_cost_usd_total Cost as gateways reported it.\n"
    "# TYPE llm_reported_cost_usd_total counter\n"
    "llm_reported_cost_usd_total{team=\"a\",class=\"\"} 0\n"
    "# HELP llm_computed_cost_usd_total Cost as the price book gives it.\n"
    "# TYPE llm_computed_cost_usd_total counter\n"
    "llm_computed_cost_usd_total{team=\"a\",class=\"\"} 0\n"
    "# HELP llm_requests_total Requests by outcome.\n"
    "# TYPE llm_requests_total counter\n"
    "llm_requests_total{team=\"a\",class=\"\",status=\"success\"} 1\n"
    "llm_requests_total{team=\"a\",class=\"\",status=\"failure\"} 0\n"
    "llm_requests_total{team=\"a\",class=\"\",status=\"cancelled\"} 0\n"
    "# HELP llm_tokens_total Tokens; input and output include cached, reasoning, audio "
    "and image tokens.\n"
    "# TYPE llm_tokens_total counter\n"
    "llm_tokens_total{team=\"a\",class=\"\",type=\"input\"} 0\n"
    "llm_tokens_total{team=\"a\",class=\"\",type=\"output\"} 0\n"
    "# HELP llm_token_details_total";

TEST(the_exposition_begins_with_spend_requests_and_tokens)
{
    struct metrics *m = opened("team", "class", 100);
    struct record r = charge("a", "m", 1000);

    metrics_apply(m, &r);
    struct buf text = rendered(m);
    text.at[sizeof golden - 1] = '\0';
    assert_string_equal(text.at, golden);
    buf_release(&text);
    metrics_close(m);
}

/* Everything at once, with values that need escapes. */
static struct buf full(void)
{
    const struct metric_decl counter = {
        .name = STR("acme_x_usd_total"), .label_count = 1, .labels = {STR("team")}};
    struct metrics *m = opened("team", "requested_model", 20);
    struct provenance policy = {.from = FROM_POLICY, .policy = STR("finops")};
    struct effect effect = {.name = counter.name, .nano = 1};
    char team[32];

    assert_true(metrics_declare(m, &counter, NULL));
    for (int i = 0; i < 60; i++) {
        snprintf(team, sizeof team, "t%d\"\\\n\xFF\xC3\xA9", i);
        struct record r = charge(team, "gpt-4o", i * 12345678);
        r.charge.status = (enum price_status)(i % PRICE_STATUS_COUNT);
        if (i % 5 == 0)
            r.charge.charge.nanousd = 0;
        for (int c = 0; c < COUNT_COUNT; c++)
            r.ev.count[c] = i;
        r.ev.start_ns = NS_PER_SECOND;
        r.ev.end_ns = NS_PER_SECOND + i * NS_PER_SECOND / 7;
        r.effects = &effect;
        r.effect_count = 1;
        *record_label_by(&r, TEXT_TEAM) = &policy;
        metrics_apply(m, &r);
    }
    struct buf text = rendered(m);
    metrics_close(m);
    return text;
}

TEST(promtool_finds_nothing_wrong)
{
    if (system("command -v promtool >/dev/null") != 0)
        skip();
    struct buf text = full();
    FILE *check = popen("promtool check metrics", "w");
    assert_non_null(check);
    assert_int_equal(fwrite(text.at, 1, text.size, check), text.size);
    assert_int_equal(pclose(check), 0);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_and_samples_are_written_as_prometheus_reads_them),
        cmocka_unit_test(counters_of_the_program_are_shown_at_zero_first),
        cmocka_unit_test(what_is_first_seen_after_a_pause_is_old),
        cmocka_unit_test(what_was_forgotten_begins_again),
        cmocka_unit_test(numbers_read_back_as_they_were),
        cmocka_unit_test(the_exposition_begins_with_spend_requests_and_tokens),
        cmocka_unit_test(promtool_finds_nothing_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
