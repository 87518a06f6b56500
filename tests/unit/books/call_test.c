/* Several reports of one call: what is booked, what only counts. */
#include "support.h"

/* What a gateway reports beside an SDK's span without a price. */
struct report {
    const char *source, *id, *response;
    int64_t input_tokens, charge_nanousd; /* charge 0: nobody knows the price */
};

static struct made *made_of(const struct report *report)
{
    struct made *m = make_room_for_one();
    struct record *r = &m->records[0];

    make_record(m, 0, 1, timestamp_now());
    r->effect_count = 0;
    r->ev.text[TEXT_SOURCE] = str_of(report->source);
    r->ev.text[TEXT_AI_SYSTEM] = STR("openai");
    r->ev.text[TEXT_RESPONSE_ID] = str_of(report->response);
    r->ev.identity[0] = str_of(report->id);
    r->ev.count[COUNT_INPUT_TOKENS] = report->input_tokens;
    r->charge.charge.nanousd = r->charge.billed.nanousd = report->charge_nanousd;
    r->charge.status = report->charge_nanousd ? PRICE_EXACT : PRICE_UNPRICED;
    if (report->charge_nanousd) {
        r->charge.has_computed = true;
        r->charge.computed = r->charge.charge;
    }
    return m;
}

static enum commit_verdict tell(struct fixture *f, struct report report, bool *conflicts)
{
    return commit_one(f, made_of(&report), conflicts);
}

/* The same as a span of one process, of a time that they share, in a trace of its own. */
static enum commit_verdict tell_span(struct fixture *f, struct report report,
                                     enum scope_rule rule)
{
    struct made *m = made_of(&report);
    struct event *ev = &m->records[0].ev;

    ev->is_span = true;
    ev->resource = 1;
    ev->scope_rule = rule;
    ev->text[TEXT_TRACE_ID] = ev->text[TEXT_SPAN_ID] = str_of(report.id);
    ev->start_ns = NS_PER_SECOND;
    ev->end_ns = 2 * NS_PER_SECOND;
    return commit_one(f, m, NULL);
}

static int64_t spend(struct fixture *f, const char *what)
{
    char sql[96];

    snprintf(sql, sizeof sql, "SELECT sum(%s) FROM spend", what);
    return sql_number(f, sql);
}

static void assert_exposed(struct fixture *f, const char *line)
{
    struct buf text = exposition(f);

    buf_byte(&text, '\0');
    if (!strstr(text.at, line))
        fail_msg("no line \"%s\" in\n%s", line, text.at);
    buf_release(&text);
}

TEST(a_call_without_a_price_gets_it_from_another_report_and_stays_one_request)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    assert_int_equal(tell(&f, (struct report){"otlp", "a", "r", 10, 0}, NULL),
                     COMMIT_ACCEPTED);
    assert_int_equal(tell(&f, (struct report){"litellm", "b", "r", 10, 700}, NULL),
                     COMMIT_COMPLETED);
    assert_int_equal(spend(&f, "charge_nanousd"), 700);
    assert_int_equal(spend(&f, "requests"), 1);
    assert_int_equal(spend(&f, "input_tokens"), 10);
    assert_int_equal(window_total(&f, 0), 700);
    assert_exposed(&f, "llm_requests_total{team=\"search\",requested_model=\"gpt-4o\","
                       "status=\"success\"} 1\n");
    assert_exposed(&f, "llm_tokens_total{team=\"search\",requested_model=\"gpt-4o\","
                       "type=\"input\"} 10\n");
    assert_exposed(&f, "llm_spend_usd_total{team=\"search\",requested_model=\"gpt-4o\"}"
                       " 0.0000007\n");
    fixture_remove(&f);
}

TEST(usage_that_the_first_report_lacked_comes_with_the_price)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"otlp", "a", "r", -1, 0}, NULL);
    assert_int_equal(tell(&f, (struct report){"litellm", "b", "r", 10, 700}, NULL),
                     COMMIT_COMPLETED);
    assert_int_equal(spend(&f, "input_tokens"), 10);
    assert_int_equal(spend(&f, "requests"), 1);
    fixture_remove(&f);
}

TEST(no_report_is_charged_after_the_one_with_the_price_also_not_after_a_restart)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"otlp", "a", "r", 10, 0}, NULL);
    tell(&f, (struct report){"litellm", "b", "r", 10, 700}, NULL);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(tell(&f, (struct report){"litellm", "b", "r", 10, 700}, NULL),
                         COMMIT_DUPLICATE);
        assert_int_equal(
            tell(&f, (struct report){"litellm", round ? "d" : "c", "r", 10, 700}, NULL),
            COMMIT_DUPLICATE);
        assert_int_equal(
            tell(&f, (struct report){"kong", round ? "f" : "e", "r", 10, 700}, NULL),
            COMMIT_DUPLICATE);
        assert_int_equal(spend(&f, "charge_nanousd"), 700);
        assert_int_equal(sql_number(&f, "SELECT count(*) FROM entries"), 4 + 2 * round);
        fixture_close(&f);
        fixture_open(&f, 1);
    }
    assert_exposed(&f, "llm_spend_usd_total{team=\"search\",requested_model=\"gpt-4o\"}"
                       " 0.0000007\n");
    assert_exposed(&f, "llm_requests_total{team=\"search\",requested_model=\"gpt-4o\","
                       "status=\"success\"} 1\n");
    fixture_remove(&f);
}

TEST(the_same_report_again_with_a_price_completes_its_call_once)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"openrouter", "a", "", 10, 0}, NULL);
    assert_int_equal(tell(&f, (struct report){"openrouter", "a", "", 10, 700}, NULL),
                     COMMIT_COMPLETED);
    assert_int_equal(tell(&f, (struct report){"openrouter", "a", "", 10, 700}, NULL),
                     COMMIT_DUPLICATE);
    assert_int_equal(spend(&f, "charge_nanousd"), 700);
    fixture_remove(&f);
}

TEST(a_priced_call_is_not_charged_again_by_a_dearer_report)
{
    struct fixture f;
    bool conflicts;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"otlp", "a", "r", 10, 500}, NULL);
    assert_int_equal(tell(&f, (struct report){"litellm", "b", "r", 10, 700}, &conflicts),
                     COMMIT_DUPLICATE);
    assert_false(conflicts);
    assert_int_equal(spend(&f, "charge_nanousd"), 500);
    assert_int_equal(sql_number(&f, "SELECT count(*) FROM entries WHERE kind = 1"), 1);
    fixture_remove(&f);
}

TEST(a_report_without_a_price_leaves_a_priced_call_priced)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"litellm", "a", "r", 10, 500}, NULL);
    tell(&f, (struct report){"otlp", "b", "r", 10, 0}, NULL);
    assert_int_equal(tell(&f, (struct report){"kong", "c", "r", 10, 700}, NULL),
                     COMMIT_DUPLICATE);
    assert_int_equal(tell(&f, (struct report){"otlp", "b", "r", 10, 700}, NULL),
                     COMMIT_DUPLICATE);
    assert_int_equal(spend(&f, "charge_nanousd"), 500);
    fixture_remove(&f);
}

TEST(usage_that_only_an_amendment_had_comes_with_the_price)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"otlp", "a", "r", -1, 0}, NULL);
    tell(&f, (struct report){"kong", "b", "r", 10, 0}, NULL);
    assert_int_equal(spend(&f, "input_tokens"), 0);
    assert_int_equal(tell(&f, (struct report){"litellm", "c", "r", 10, 700}, NULL),
                     COMMIT_COMPLETED);
    assert_int_equal(spend(&f, "input_tokens"), 10);
    assert_int_equal(spend(&f, "charge_nanousd"), 700);
    fixture_remove(&f);
}

TEST(what_a_scopes_rule_joins_is_one_call_and_may_complete_it)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    assert_int_equal(tell_span(&f, (struct report){"otlp", "a", "", 10, 0}, SCOPE_PLAIN),
                     COMMIT_ACCEPTED);
    assert_int_equal(tell_span(&f, (struct report){"b", "b", "", 10, 700}, SCOPE_JOINED),
                     COMMIT_COMPLETED);
    assert_int_equal(tell_span(&f, (struct report){"c", "c", "", 10, 900}, SCOPE_JOINED),
                     COMMIT_DUPLICATE);
    assert_int_equal(tell_span(&f, (struct report){"d", "d", "", 10, 800}, SCOPE_PLAIN),
                     COMMIT_ACCEPTED);
    assert_int_equal(spend(&f, "charge_nanousd"), 1500);
    assert_int_equal(spend(&f, "requests"), 2);
    fixture_remove(&f);
}

TEST(a_failed_commit_takes_the_completion_back)
{
    struct fixture f;
    const struct report priced = {"litellm", "b", "r", 10, 700};

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"otlp", "a", "r", 10, 0}, NULL);
    fail_to_commit_one(&f, made_of(&priced));
    assert_int_equal(tell(&f, priced, NULL), COMMIT_COMPLETED);
    assert_int_equal(spend(&f, "charge_nanousd"), 700);
    fixture_remove(&f);
}

TEST(other_numbers_for_one_call_are_a_conflict_and_the_first_stand)
{
    struct fixture f;
    bool conflicts;

    fixture_make(&f);
    fixture_open(&f, 1);
    tell(&f, (struct report){"otlp", "a", "r", 10, 500}, NULL);
    tell(&f, (struct report){"otlp", "a", "r", 10, 500}, &conflicts);
    assert_false(conflicts);
    tell(&f, (struct report){"otlp", "a", "r", 11, 500}, &conflicts);
    assert_true(conflicts);
    tell(&f, (struct report){"litellm", "b", "r", 11, 500}, &conflicts);
    assert_true(conflicts);
    tell(&f, (struct report){"kong", "c", "r", -1, 500}, &conflicts);
    assert_false(conflicts);
    assert_int_equal(spend(&f, "input_tokens"), 10);
    assert_int_equal(spend(&f, "charge_nanousd"), 500);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_call_without_a_price_gets_it_from_another_report_and_stays_one_request),
        cmocka_unit_test(usage_that_the_first_report_lacked_comes_with_the_price),
        cmocka_unit_test(
            no_report_is_charged_after_the_one_with_the_price_also_not_after_a_restart),
        cmocka_unit_test(the_same_report_again_with_a_price_completes_its_call_once),
        cmocka_unit_test(a_priced_call_is_not_charged_again_by_a_dearer_report),
        cmocka_unit_test(a_report_without_a_price_leaves_a_priced_call_priced),
        cmocka_unit_test(usage_that_only_an_amendment_had_comes_with_the_price),
        cmocka_unit_test(what_a_scopes_rule_joins_is_one_call_and_may_complete_it),
        cmocka_unit_test(a_failed_commit_takes_the_completion_back),
        cmocka_unit_test(other_numbers_for_one_call_are_a_conflict_and_the_first_stand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
