/* Series over time: how they begin, end, come back, and are shown anew. */
#include "support.h"

enum { HOUR = 3600 };

static struct metrics *opened_for(size_t max_series, int64_t retire_s)
{
    struct metrics_options options = {.label_count = 1,
                                      .labels = {field("end_user")},
                                      .max_series = max_series,
                                      .retire_ns = retire_s * NS_PER_SECOND};
    struct metrics *m;

    assert_true(metrics_open(&m, &options, NULL));
    return m;
}

/* An event of `user`, committed so many seconds after 1970. */
static void spend(struct metrics *m, const char *user, int64_t nanousd, int64_t at_s)
{
    struct record r = charge("t", "m", nanousd);

    r.ev.text[TEXT_END_USER] = str_of(user);
    r.committed_ns = r.booked_ns = at_s * NS_PER_SECOND;
    metrics_apply(m, &r);
}

/* As shown at `at_s` in the given format; terminated. */
static struct buf shown(const struct metrics *m, int64_t at_s, bool openmetrics,
                        int64_t zero_from_ns)
{
    struct metrics_copy *copy = metrics_copy(m, at_s * NS_PER_SECOND);
    struct buf out = {0};
    struct exposition x = {
        .out = &out, .openmetrics = openmetrics, .zero_from_ns = zero_from_ns};

    assert_non_null(copy);
    metrics_render(copy, &x);
    metrics_copy_free(copy);
    buf_byte(&out, '\0');
    assert_false(out.failed);
    return out;
}

static void expect_spend(const struct metrics *m, const char *user, int64_t at_s,
                         const char *value)
{
    struct buf text = shown(m, at_s, false, INT64_MAX), line = {0};

    buf_format(&line, "\nllm_spend_usd_total{end_user=\"%s\"} %s", user,
               value ? value : "");
    if (value)
        buf_byte(&line, '\n');
    buf_byte(&line, '\0');
    if (value ? !strstr(text.at, line.at) : strstr(text.at, line.at) != NULL)
        fail_msg("%s: not %s in %s", user, value ? value : "absent", text.at);
    buf_release(&text);
    buf_release(&line);
}

TEST(a_series_without_events_is_no_longer_shown_and_comes_back_at_zero)
{
    struct metrics *m = opened_for(10, HOUR);

    spend(m, "a", 5, 1000);
    spend(m, "b", 7, 1000 + HOUR / 2);
    expect_spend(m, "a", 1000 + HOUR, "0.000000005");
    expect_spend(m, "a", 1001 + HOUR, NULL);
    expect_spend(m, "b", 1001 + HOUR, "0.000000007");
    spend(m, "a", 1, 1002 + HOUR);
    expect_spend(m, "a", 1002 + HOUR, "0.000000001");
    assert_true(metrics_spend_total(m) == 13);
    metrics_close(m);
}

TEST(without_a_time_nothing_is_retired)
{
    struct metrics *m = opened_for(10, 0);

    spend(m, "a", 5, 1000);
    expect_spend(m, "a", 1000000000, "0.000000005");
    spend(m, "a", 5, 1000000000);
    expect_spend(m, "a", 1000000000, "0.00000001");
    assert_false(metrics_has_retired(m));
    metrics_close(m);
}

TEST(ended_series_make_room_under_the_cap_and_nothing_is_lost)
{
    struct metrics *m = opened_for(2, HOUR);

    spend(m, "a", 1, 1000);
    spend(m, "b", 2, 1000 + HOUR);
    spend(m, "c", 4, 1001 + HOUR); /* a ended */
    expect_spend(m, "c", 1001 + HOUR, "0.000000004");
    spend(m, "d", 8, 1002 + HOUR); /* b has not */
    expect_spend(m, "d", 1002 + HOUR, NULL);
    expect_spend(m, "__other__", 1002 + HOUR, "0.000000008");
    assert_true(metrics_spend_total(m) == 15);
    assert_true(metrics_has_retired(m));
    metrics_close(m);
}

TEST(a_million_users_leave_memory_as_it_was)
{
    struct metrics *m = opened_for(1000, HOUR);
    struct buf saved = {0};
    char user[64];
    size_t most = 0;

    for (int i = 0; i < 1000000; i++) {
        snprintf(user, sizeof user, "user-%d-of-an-application-that-names-them", i);
        spend(m, user, 1, 1000 + 10 * (int64_t)i);
        most = metrics_memory(m) > most ? metrics_memory(m) : most;
    }
    assert_true(most < 4 << 20);
    assert_true(metrics_spend_total(m) == 1000000);
    metrics_save(m, &saved);
    assert_true(saved.size < 1 << 20);
    buf_release(&saved);
    metrics_close(m);
}

TEST(totals_agree_with_a_registry_that_retired_nothing)
{
    struct metrics *a = opened_for(100, HOUR), *b = opened_for(100, 0);
    struct buf of_a = {0}, of_b = {0};

    for (int i = 0; i < 500; i++) {
        char user[16];
        snprintf(user, sizeof user, "u%d", i % 7);
        spend(a, user, i, i * (int64_t)(HOUR / 5));
        spend(b, user, i, i * (int64_t)(HOUR / 5));
    }
    metrics_digest(a, false, &of_a);
    metrics_digest(b, false, &of_b);
    assert_true(metrics_has_retired(a));
    assert_true(str_eq(buf_str(&of_a), buf_str(&of_b)));
    buf_release(&of_a);
    buf_release(&of_b);
    metrics_close(a);
    metrics_close(b);
}

/* Saves the first and loads it into the second. */
static void carry_over(const struct metrics *from, struct metrics *to)
{
    struct buf state = {0};
    struct err err = {0};

    metrics_save(from, &state);
    if (!metrics_load(to, buf_str(&state), &err))
        fail_msg("%s", err.text);
    buf_release(&state);
}

static void expect_equal(const struct metrics *a, const struct metrics *b, int64_t at_s)
{
    struct buf one = shown(a, at_s, true, INT64_MAX),
               two = shown(b, at_s, true, INT64_MAX);

    assert_string_equal(one.at, two.at);
    buf_release(&one);
    buf_release(&two);
}

TEST(times_and_what_is_gone_survive_a_checkpoint)
{
    struct metrics *m = opened_for(2, HOUR), *back = opened_for(2, HOUR);

    spend(m, "a", 1, 1000);
    spend(m, "b", 2, 1000 + HOUR);
    spend(m, "c", 4, 1001 + HOUR);
    carry_over(m, back);
    expect_equal(m, back, 1001 + HOUR);
    assert_true(metrics_spend_total(back) == 7);
    assert_true(metrics_has_retired(back));
    expect_spend(back, "b", 1001 + 2 * HOUR, NULL); /* it knows when b's last event was */
    expect_spend(back, "c", 1001 + 2 * HOUR, "0.000000004");
    metrics_close(m);
    metrics_close(back);
}

TEST(all_may_be_shown_from_zero_again_and_stay_so_over_a_checkpoint)
{
    struct metrics *m = opened_for(10, 0), *back = opened_for(10, 0);

    spend(m, "a", 1000, 1000);
    assert_true(metrics_show_anew(m, 2000 * NS_PER_SECOND));
    expect_spend(m, "a", 2000, "0");
    spend(m, "a", 5, 2001);
    spend(m, "b", 6, 2002);
    carry_over(m, back);
    expect_spend(back, "a", 2002, "0.000000005");
    expect_spend(back, "b", 2002, "0.000000006");
    assert_true(metrics_spend_total(back) == 1011);
    expect_equal(m, back, 2002);
    struct buf text = shown(back, 2002, true, INT64_MAX);
    assert_non_null(strstr(text.at, "llm_spend_usd_created{end_user=\"a\"} 2000\n"));
    assert_non_null(strstr(text.at, "llm_spend_usd_created{end_user=\"b\"} 2002\n"));
    buf_release(&text);
    metrics_close(m);
    metrics_close(back);
}

TEST(a_counter_is_shown_at_zero_to_who_has_not_seen_it_begin)
{
    struct metrics *m = opened_for(10, 0);

    spend(m, "a", 1, 1000);
    spend(m, "b", 2, 1010);
    struct buf text = shown(m, 1010, false, 1010 * NS_PER_SECOND);
    assert_non_null(strstr(text.at, "llm_spend_usd_total{end_user=\"a\"} 0.000000001\n"));
    assert_non_null(strstr(text.at, "llm_spend_usd_total{end_user=\"b\"} 0\n"));
    assert_non_null(
        strstr(text.at, "llm_requests_total{end_user=\"b\",status=\"success\"} 0\n"));
    buf_release(&text);
    metrics_close(m);
}

TEST(a_kind_of_token_begins_at_its_first_token)
{
    struct metrics *m = opened_for(10, 0);
    struct record r = charge("t", "m", 1);

    spend(m, "", 1, 1000);
    r.ev.count[COUNT_REASONING_TOKENS] = 9;
    r.committed_ns = 1010 * NS_PER_SECOND;
    metrics_apply(m, &r);
    struct buf text = shown(m, 1010, true, 1010 * NS_PER_SECOND);
    assert_non_null(strstr(text.at, "llm_spend_usd_total{end_user=\"\"} 0.000000002"));
    assert_non_null(strstr(
        text.at, "llm_token_details_total{end_user=\"\",type=\"reasoning\"} 0\n"
                 "llm_token_details_created{end_user=\"\",type=\"reasoning\"} 1010\n"));
    buf_release(&text);
    metrics_close(m);
}

TEST(exemplars_name_the_dearest_request_of_the_last_minute)
{
    static const struct {
        int64_t at_s, nanousd;
        const char *trace, *wanted;
    } cases[] = {
        {1000, 50, "one", "# {trace_id=\"one\"} 0.00000005 1000\n"},
        {1010, 40, "two", "# {trace_id=\"one\"} 0.00000005 1000\n"},
        {1020, 60, "three", "# {trace_id=\"three\"} 0.00000006 1020\n"},
        {1080, 10, "four", "# {trace_id=\"four\"} 0.00000001 1080\n"},
        {1070, 90, "late", "# {trace_id=\"four\"} 0.00000001 1080\n"},
        {1081, 90, "", "# {trace_id=\"four\"} 0.00000001 1080\n"},
        {1082, 90, "bad\"", "# {trace_id=\"four\"} 0.00000001 1080\n"},
    };
    struct metrics *m = opened_for(10, 0);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = charge("t", "m", cases[i].nanousd);
        r.ev.text[TEXT_TRACE_ID] = str_of(cases[i].trace);
        r.booked_ns = cases[i].at_s * NS_PER_SECOND;
        metrics_apply(m, &r);
        struct buf text = shown(m, 1100, true, INT64_MAX);
        const char *line = strstr(text.at, "llm_spend_usd_total{");
        assert_non_null(line);
        if (strncmp(strchr(line, '#'), cases[i].wanted, strlen(cases[i].wanted)) != 0)
            fail_msg("case %zu: %.120s", i, line);
        buf_release(&text);
    }
    struct buf text = shown(m, 1100, true, INT64_MAX);
    assert_non_null(strstr(text.at,
                           "llm_request_cost_usd_bucket{ai_system=\"openai\","
                           "requested_model=\"m\",le=\"0.0001\"} 7 # {trace_id="));
    buf_release(&text);
    metrics_close(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_series_without_events_is_no_longer_shown_and_comes_back_at_zero),
        cmocka_unit_test(without_a_time_nothing_is_retired),
        cmocka_unit_test(ended_series_make_room_under_the_cap_and_nothing_is_lost),
        cmocka_unit_test(a_million_users_leave_memory_as_it_was),
        cmocka_unit_test(totals_agree_with_a_registry_that_retired_nothing),
        cmocka_unit_test(times_and_what_is_gone_survive_a_checkpoint),
        cmocka_unit_test(all_may_be_shown_from_zero_again_and_stay_so_over_a_checkpoint),
        cmocka_unit_test(a_counter_is_shown_at_zero_to_who_has_not_seen_it_begin),
        cmocka_unit_test(a_kind_of_token_begins_at_its_first_token),
        cmocka_unit_test(exemplars_name_the_dearest_request_of_the_last_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
