#include "../unit.h"

#include "spendwarden/timestamp.h"

TEST(reads_the_times_that_gateways_write)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-08-22T10:00:00.000Z", INT64_C(1787392800000000000)},
        {"2026-08-22 10:00:00", INT64_C(1787392800000000000)},
        {"2026-08-22t12:00:00+02:00", INT64_C(1787392800000000000)},
        {"2026-08-22T04:30:00-0530", INT64_C(1787392800000000000)},
        {"2026-08-22T10:00:00.123456789z", INT64_C(1787392800123456789)},
        {"2026-08-22T10:00:00.1234567891234Z", INT64_C(1787392800123456789)},
        {"1969-12-31T23:59:59.5Z", -500000000},
        {"2024-02-29T00:00:00Z", INT64_C(1709164800000000000)},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ns = 7;
        assert_true(timestamp_parse(&ns, str_of(cases[i].text)));
        assert_int_equal(ns, cases[i].ns);
    }
}

TEST(refuses_what_is_no_time)
{
    static const char *const bad[] = {"",
                                      "2026-08-22",
                                      "2026-08-22T10:00",
                                      "2026-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:61Z",
                                      "2026-01-01T00:00:00.Z",
                                      "2026-01-01T00:00:00Zx",
                                      "2026-01-01T00:00:00+2",
                                      "2026-01-01T00:00:00+02",
                                      "2026-01-01T00:00:00+24:00",
                                      "2026-01-01_00:00:00Z",
                                      "9999-01-01T00:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "-026-01-01T00:00:00Z"};
    int64_t ns = 7;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(timestamp_parse(&ns, str_of(bad[i])));
        assert_int_equal(ns, 7);
    }
}

TEST(formats_utc_with_milliseconds)
{
    char text[TIMESTAMP_TEXT_SIZE];

    assert_int_equal(timestamp_format(text, INT64_C(1787392800123999999)), 24);
    assert_string_equal(text, "2026-08-22T10:00:00.123Z");
    timestamp_format(text, -1);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    timestamp_format(text, INT64_MIN);
    assert_string_equal(text, "1677-09-21T00:12:43.145Z");
}

TEST(days_and_dates_are_inverse)
{
    int64_t days = civil_to_days((struct civil){1600, 1, 1});

    for (int i = 0; i < 400 * 366; i++, days++) {
        struct civil date = civil_from_days(days);
        assert_int_equal(civil_to_days(date), days);
    }
    assert_int_equal(civil_to_days((struct civil){2000, 3, 1}), 11017);
}

TEST(durations_are_read_as_prometheus_writes_them)
{
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"0", 0},
        {"30s", 30 * NS_PER_SECOND},
        {"1h30m", 90 * NS_PER_MINUTE},
        {"1w2d3h4m5s6ms", 7 * NS_PER_DAY + 2 * NS_PER_DAY + 3 * NS_PER_HOUR +
                              4 * NS_PER_MINUTE + 5 * NS_PER_SECOND + 6 * NS_PER_MS},
        {"500ms", 500 * NS_PER_MS},
    };
    static const char *const bad[] = {"",    "5",   "m",   "1m1h", "1s1s",
                                      "1y",  "-1s", "1 s", "1.5h", "99999999999w",
                                      "1hm", "s1",  "1us"};
    int64_t ns;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(duration_parse(&ns, str_of(cases[i].text)));
        assert_int_equal(ns, cases[i].ns);
    }
    ns = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(duration_parse(&ns, str_of(bad[i])));
    assert_int_equal(ns, 7);
}

TEST(a_formatted_duration_reads_back)
{
    static const int64_t durations[] = {0, NS_PER_MS, 90 * NS_PER_MINUTE, NS_PER_DAY,
                                        31 * NS_PER_DAY + 1500 * NS_PER_MS};
    char text[TIMESTAMP_TEXT_SIZE];

    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        int64_t ns;
        int length = duration_format(text, durations[i]);
        assert_int_equal(length, strlen(text));
        assert_true(duration_parse(&ns, str_of(text)));
        assert_int_equal(ns, durations[i]);
    }
    duration_format(text, 90 * NS_PER_MINUTE);
    assert_string_equal(text, "1h30m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_times_that_gateways_write),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(formats_utc_with_milliseconds),
        cmocka_unit_test(days_and_dates_are_inverse),
        cmocka_unit_test(durations_are_read_as_prometheus_writes_them),
        cmocka_unit_test(a_formatted_duration_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
