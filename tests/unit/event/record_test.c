#include "../unit.h"

#include "spendwarden/value.h"

static const int64_t now = INT64_C(1787392800) * NS_PER_SECOND;

static struct field field(const char *name)
{
    return field_find(NULL, str_of(name));
}

static struct record empty(void)
{
    struct record r;

    memset(&r, 0xAA, sizeof r); /* as memory comes */
    record_init(&r);
    r.ev.received_ns = now;
    return r;
}

TEST(a_new_record_has_nothing)
{
    struct record r = empty();
    struct field f;
    int64_t number;

    record_book(&r);
    r.ev.received_ns = r.booked_ns = 0;
    for (size_t i = 0; field_at(NULL, i, &f); i++) {
        if (f.kind == FIELD_TEXT)
            assert_int_equal(record_text(&r, f).size, 0);
        if (f.kind == FIELD_COUNT || f.kind == FIELD_TIME)
            assert_false(record_number(&r, f, &number));
    }
    for (unsigned i = TEXT_LABEL_FIRST; i <= TEXT_LABEL_LAST; i++)
        assert_null(*record_label_by(&r, i));
    assert_false(record_number(&r, field("reported_usd"), &number));
    assert_false(record_number(&r, field("total_tokens"), &number));
}

TEST(an_event_is_booked_at_its_end_unless_that_is_in_the_future)
{
    static const struct {
        int64_t end, booked;
        bool late, future;
    } cases[] = {{0, 0, false, false},
                 {-NS_PER_SECOND, -NS_PER_SECOND, false, false},
                 {-10 * NS_PER_MINUTE, -10 * NS_PER_MINUTE, false, false},
                 {-10 * NS_PER_MINUTE - 1, -10 * NS_PER_MINUTE - 1, true, false},
                 {5 * NS_PER_MINUTE, 5 * NS_PER_MINUTE, false, false},
                 {5 * NS_PER_MINUTE + 1, 0, false, true}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct record r = empty();
        r.ev.end_ns = now + cases[i].end;
        record_book(&r);
        assert_int_equal(r.booked_ns, now + cases[i].booked);
        assert_int_equal(r.late, cases[i].late);
        assert_int_equal(r.future, cases[i].future);
    }
    struct record r = empty(); /* without an end */
    record_book(&r);
    assert_int_equal(r.booked_ns, now);
}

TEST(derived_fields_follow_from_the_event)
{
    struct record r = empty();
    int64_t number;

    r.ev.count[COUNT_INPUT_TOKENS] = 7;
    r.ev.start_ns = now - NS_PER_SECOND;
    r.ev.end_ns = now;
    r.ev.outcome = OUTCOME_CANCELLED;
    r.ev.stream = true;
    assert_true(record_number(&r, field("total_tokens"), &number));
    assert_int_equal(number, 7);
    assert_true(record_number(&r, field("duration_seconds"), &number));
    assert_int_equal(number, NS_PER_SECOND);
    r.ev.start_ns = now + 1;
    assert_false(record_number(&r, field("duration_seconds"), &number));
    assert_true(str_eq(record_text(&r, field("status")), STR("cancelled")));
    assert_true(str_eq(record_text(&r, field("stream")), STR("true")));
    assert_true(str_eq(record_text(&r, field("cache_hit")), STR("false")));
    assert_true(str_eq(record_text(&r, field("price_status")), STR("unpriced")));
}

TEST(drift_needs_both_costs)
{
    struct record r = empty();
    int64_t number;

    r.charge.has_computed = true;
    r.charge.computed.nanousd = 5;
    assert_false(record_number(&r, field("drift_usd"), &number));
    r.ev.reported = REPORTED_ZERO;
    assert_false(record_number(&r, field("drift_usd"), &number));
    r.ev.reported = REPORTED_COST;
    r.ev.reported_usd.nanousd = 8;
    assert_true(record_number(&r, field("drift_usd"), &number));
    assert_int_equal(number, -3);
}

TEST(numbers_are_values_of_labels_as_decimal_text)
{
    struct record r = empty();
    char digits[VALUE_TEXT_SIZE];

    assert_true(str_eq(record_value(&r, field("retry_depth"), digits), STR("0")));
    assert_int_equal(record_value(&r, field("http_status"), digits).size, 0);
    r.ev.count[COUNT_RETRY_DEPTH] = 12;
    r.ev.count[COUNT_HTTP_STATUS] = INT64_MAX;
    r.ev.text[TEXT_TEAM] = STR("a");
    assert_true(str_eq(record_value(&r, field("retry_depth"), digits), STR("12")));
    assert_true(str_eq(record_value(&r, field("http_status"), digits),
                       STR("9223372036854775807")));
    assert_true(str_eq(record_value(&r, field("team"), digits), STR("a")));
    assert_true(str_eq(record_value(&r, field("status"), digits), STR("success")));
}

TEST(sums_are_clamped)
{
    int64_t sum = INT64_MAX - 1;

    add_clamped(&sum, 5);
    assert_int_equal(sum, INT64_MAX);
    sum = INT64_MIN + 1;
    add_clamped(&sum, -5);
    assert_int_equal(sum, INT64_MIN);
    add_clamped(&sum, 5);
    assert_int_equal(sum, INT64_MIN + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_record_has_nothing),
        cmocka_unit_test(an_event_is_booked_at_its_end_unless_that_is_in_the_future),
        cmocka_unit_test(derived_fields_follow_from_the_event),
        cmocka_unit_test(drift_needs_both_costs),
        cmocka_unit_test(numbers_are_values_of_labels_as_decimal_text),
        cmocka_unit_test(sums_are_clamped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
