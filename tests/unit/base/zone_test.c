#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "spendwarden/buf.h"
#include "spendwarden/timestamp.h"
#include "spendwarden/zone.h"

static int64_t at(const char *text)
{
    int64_t ns;

    assert_true(timestamp_parse(&ns, str_of(text)));
    return ns;
}

static struct zone *loaded(const char *name)
{
    struct zone *z;
    struct err err = {0};

    if (!zone_load(&z, name, &err))
        fail_msg("%s", err.text);
    return z;
}

static void expect_period_from(const struct zone *z, enum period period,
                               unsigned start_day, const char *within, const char *start,
                               const char *end)
{
    char text[TIMESTAMP_TEXT_SIZE];
    int64_t from, until;

    zone_period(z, period, start_day, at(within), &from, &until);
    timestamp_format(text, from);
    assert_string_equal(text, start);
    timestamp_format(text, until);
    assert_string_equal(text, end);
}

static void expect_period(const struct zone *z, enum period period, const char *within,
                          const char *start, const char *end)
{
    expect_period_from(z, period, START_DAY_USUAL, within, start, end);
}

/* A file with no transitions, whose footer says all: as `zic -b slim` writes. */
static struct zone *of_rule(const char *rule)
{
    static const char header[44] = {
        'T', 'Z', 'i', 'f', '2', [39] = 1 /* types */, [43] = 1 /* chars */};
    static const char body[7] = {0, 0, 0, 0, 0, 0, 0}; /* offset 0, no name */
    struct buf file = {0};
    struct err err = {0};
    struct zone *z;

    for (int i = 0; i < 2; i++) {
        buf_add(&file, (struct str){header, sizeof header});
        buf_add(&file, (struct str){body, sizeof body});
    }
    buf_format(&file, "\n%s\n", rule);
    if (!zone_parse(&z, "Test", buf_str(&file), &err))
        z = NULL;
    buf_release(&file);
    return z;
}

TEST(utc_needs_no_file_and_its_days_are_the_epochs)
{
    struct zone *z = loaded("UTC");

    expect_period(z, PERIOD_DAY, "2026-03-29T12:00:00Z", "2026-03-29T00:00:00.000Z",
                  "2026-03-30T00:00:00.000Z");
    expect_period(z, PERIOD_WEEK, "2026-03-29T12:00:00Z", "2026-03-23T00:00:00.000Z",
                  "2026-03-30T00:00:00.000Z");
    expect_period(z, PERIOD_MONTH, "2028-02-29T23:59:59Z", "2028-02-01T00:00:00.000Z",
                  "2028-03-01T00:00:00.000Z");
    expect_period(z, PERIOD_MONTH, "1969-12-31T23:59:59Z", "1969-12-01T00:00:00.000Z",
                  "1970-01-01T00:00:00.000Z");
    zone_free(z);
}

TEST(berlins_days_are_23_and_25_hours_long_when_the_clock_changes)
{
    struct zone *z = loaded("Europe/Berlin");

    expect_period(z, PERIOD_DAY, "2026-03-29T10:00:00Z", "2026-03-28T23:00:00.000Z",
                  "2026-03-29T22:00:00.000Z");
    expect_period(z, PERIOD_DAY, "2026-10-25T10:00:00Z", "2026-10-24T22:00:00.000Z",
                  "2026-10-25T23:00:00.000Z");
    expect_period(z, PERIOD_WEEK, "2026-10-25T22:59:59Z", "2026-10-18T22:00:00.000Z",
                  "2026-10-25T23:00:00.000Z");
    expect_period(z, PERIOD_MONTH, "2026-03-15T00:00:00Z", "2026-02-28T23:00:00.000Z",
                  "2026-03-31T22:00:00.000Z");
    expect_period(z, PERIOD_MONTH, "2026-10-31T22:59:59Z", "2026-09-30T22:00:00.000Z",
                  "2026-10-31T23:00:00.000Z");
    zone_free(z);
}

TEST(the_rule_at_the_end_of_the_file_serves_far_times)
{
    struct zone *z = loaded("Europe/Berlin");

    assert_int_equal(zone_offset(z, at("2100-07-01T00:00:00Z")), 7200);
    assert_int_equal(zone_offset(z, at("2100-12-01T00:00:00Z")), 3600);
    zone_free(z);
}

TEST(a_slim_file_says_the_same_as_a_fat_one)
{
    struct zone *fat = loaded("Europe/Berlin");
    struct zone *slim = of_rule("CET-1CEST,M3.5.0,M10.5.0/3");

    assert_non_null(slim);
    for (int64_t ns = at("1997-01-01T00:00:00Z"); ns < at("2060-01-01T00:00:00Z");
         ns += 5 * NS_PER_HOUR + 7 * NS_PER_MINUTE)
        assert_int_equal(zone_offset(fat, ns), zone_offset(slim, ns));
    zone_free(fat);
    zone_free(slim);
}

TEST(rules_of_every_kind_are_understood)
{
    static const struct {
        const char *rule;
        int january, july;
    } cases[] = {
        {"EST5EDT,M3.2.0,M11.1.0", -18000, -14400},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", 39600, 36000},
        {"IST-1GMT0,M10.5.0,M3.5.0/1", 0, 3600},
        {"<+0330>-3:30", 12600, 12600},
        {"XXX-2<+01>-1,0/0,J90/23", 3600, 7200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7200, -3600},
        {"EST5EDT4,J60,300", -18000, -14400},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zone *z = of_rule(cases[i].rule);
        assert_non_null(z);
        assert_int_equal(zone_offset(z, at("2026-01-15T12:00:00Z")), cases[i].january);
        assert_int_equal(zone_offset(z, at("2026-07-15T12:00:00Z")), cases[i].july);
        zone_free(z);
    }
}

TEST(rules_that_are_none_are_refused)
{
    static const char *const bad[] = {"CE-1",
                                      "CET",
                                      "CET-1CEST",
                                      "CET-1CEST,M3.5.0",
                                      "CET-1CEST,M13.5.0,M10.5.0",
                                      "CET-1CEST,M3.6.0,M10.5.0",
                                      "CET-1CEST,M3.5.7,M10.5.0",
                                      "CET-200",
                                      "<CET-1",
                                      "CET-1CEST,J0,J10",
                                      "CET-1CEST,M3.5.0,M10.5.0x"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(of_rule(bad[i]));
}

TEST(a_midnight_that_does_not_exist_begins_the_day_at_the_end_of_the_gap)
{
    struct zone *z = loaded("America/Sao_Paulo");

    expect_period(z, PERIOD_DAY, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00.000Z",
                  "2018-11-05T02:00:00.000Z");
    zone_free(z);
}

TEST(a_midnight_that_comes_twice_begins_the_day_the_first_time)
{
    struct zone *z = loaded("America/Havana");

    expect_period(z, PERIOD_DAY, "2025-11-02T12:00:00Z", "2025-11-02T04:00:00.000Z",
                  "2025-11-03T05:00:00.000Z");
    zone_free(z);
}

TEST(an_hour_that_falls_back_over_midnight_stays_in_the_new_day)
{
    struct zone *z = loaded("America/St_Johns"); /* at 00:01 it was 23:01 again */

    expect_period(z, PERIOD_DAY, "2008-11-02T02:45:00Z", "2008-11-02T02:30:00.000Z",
                  "2008-11-03T03:30:00.000Z");
    zone_free(z);
}

TEST(a_day_left_out_of_the_calendar_has_no_period)
{
    struct zone *z = loaded("Pacific/Apia");

    expect_period(z, PERIOD_DAY, "2011-12-30T09:59:59Z", "2011-12-29T10:00:00.000Z",
                  "2011-12-30T10:00:00.000Z");
    expect_period(z, PERIOD_DAY, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00.000Z",
                  "2011-12-31T10:00:00.000Z");
    zone_free(z);
}

static void expect_partition(const char *name, enum period period, unsigned start_day,
                             const char *from, const char *until)
{
    struct zone *z = loaded(name);
    int64_t start, end, ns = at(from), next_start, next_end;

    while (ns < at(until)) {
        zone_period(z, period, start_day, ns, &start, &end);
        assert_true(start <= ns && ns < end);
        zone_period(z, period, start_day, end - 1, &next_start, &next_end);
        assert_int_equal(next_start, start);
        assert_int_equal(next_end, end);
        zone_period(z, period, start_day, end, &next_start, &next_end);
        assert_int_equal(next_start, end);
        ns = end;
    }
    zone_free(z);
}

TEST(periods_follow_each_other_without_gap_or_overlap)
{
    static const char *const names[] = {
        "Europe/Berlin", "America/St_Johns", "America/Sao_Paulo", "Africa/Casablanca",
        "Pacific/Apia",  "Asia/Kathmandu",   "Europe/Dublin",     "America/Godthab"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        expect_partition(names[i], PERIOD_DAY, START_DAY_USUAL, "2006-01-01T00:00:00Z",
                         "2012-06-01T00:00:00Z");
        expect_partition(names[i], PERIOD_DAY, START_DAY_USUAL, "2026-01-01T00:00:00Z",
                         "2028-01-01T00:00:00Z");
        expect_partition(names[i], PERIOD_WEEK, START_DAY_USUAL, "1969-01-01T00:00:00Z",
                         "1975-01-01T00:00:00Z");
        expect_partition(names[i], PERIOD_MONTH, START_DAY_USUAL, "1960-01-01T00:00:00Z",
                         "2060-01-01T00:00:00Z");
    }
}

TEST(times_at_both_ends_of_the_clock_have_a_period)
{
    struct zone *z = loaded("Europe/Berlin");
    int64_t start, end;

    zone_period(z, PERIOD_MONTH, START_DAY_USUAL, INT64_MAX, &start, &end);
    assert_true(start < end);
    zone_period(z, PERIOD_MONTH, START_DAY_USUAL, INT64_MIN, &start, &end);
    assert_true(start < end);
    zone_free(z);
}

TEST(names_that_leave_the_directory_are_refused)
{
    static const char *const bad[] = {
        "",
        "/etc/passwd",
        "../zoneinfo/UTC",
        "Europe/../UTC",
        "No/Such_Place",
        "Europe",
        "tzdata.zi",
        "Europe/Ber lin",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct zone *z;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err err = {0};
        assert_false(zone_load(&z, bad[i], &err));
        assert_null(z);
        assert_int_equal(err.kind, ERR_CONFIG);
    }
}

TEST(a_copy_outlives_its_original)
{
    struct zone *z = loaded("Europe/Berlin"), *copy = zone_copy(z);

    zone_free(z);
    assert_string_equal(zone_name(copy), "Europe/Berlin");
    assert_int_equal(zone_offset(copy, at("2026-07-01T00:00:00Z")), 7200);
    zone_free(copy);
}

/* Every prefix, and files with bytes altered, are refused or read; never beyond the end.
 */
TEST(damaged_files_do_no_harm)
{
    static const char text[] = "/usr/share/zoneinfo/Europe/Berlin";
    char bytes[8192], altered[8192];
    FILE *file = fopen(text, "rb");
    uint32_t random = 1;

    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_in_range(size, 100, sizeof bytes - 1);
    for (int round = 0; round < 20000; round++) {
        struct zone *z;
        random = random * 1664525 + 1013904223;
        size_t length = round % 2 ? size : random % size;
        char *exact = malloc(length + 1); /* so that ASan sees its end */
        memcpy(altered, bytes, size);
        for (int i = 0; i < round % 4; i++) {
            random = random * 1664525 + 1013904223;
            size_t reach = round % 8 < 4 ? 44 : size;
            altered[(random >> 8) % reach] = (char)(random >> 24);
        }
        memcpy(exact, altered, length);
        if (zone_parse(&z, "Test", (struct str){exact, length}, NULL)) {
            int64_t start, end;
            zone_period(z, PERIOD_DAY, START_DAY_USUAL, (int64_t)random << 30, &start,
                        &end);
            assert_true(start <= end);
        }
        zone_free(z);
        free(exact);
    }
}

TEST(months_and_weeks_begin_on_the_day_that_was_chosen)
{
    struct zone *berlin = loaded("Europe/Berlin"), *utc = loaded("UTC"),
                *apia = loaded("Pacific/Apia"),
                *los_angeles = loaded("America/Los_Angeles");

    /* Over the change to summer time, and back. */
    expect_period_from(berlin, PERIOD_MONTH, 15, "2026-03-20T12:00:00Z",
                       "2026-03-14T23:00:00.000Z", "2026-04-14T22:00:00.000Z");
    expect_period_from(berlin, PERIOD_MONTH, 15, "2026-11-14T22:59:59Z",
                       "2026-10-14T22:00:00.000Z", "2026-11-14T23:00:00.000Z");
    /* Before the day of January, of a leap year's March, on the day itself. */
    expect_period_from(utc, PERIOD_MONTH, 28, "2026-01-27T23:59:59Z",
                       "2025-12-28T00:00:00.000Z", "2026-01-28T00:00:00.000Z");
    expect_period_from(utc, PERIOD_MONTH, 28, "2028-02-29T12:00:00Z",
                       "2028-02-28T00:00:00.000Z", "2028-03-28T00:00:00.000Z");
    expect_period_from(utc, PERIOD_MONTH, 1, "2028-02-29T12:00:00Z",
                       "2028-02-01T00:00:00.000Z", "2028-03-01T00:00:00.000Z");
    /* 2026-03-08 is a Sunday, on which clocks change in Los Angeles. */
    expect_period_from(los_angeles, PERIOD_WEEK, 7, "2026-03-09T12:00:00Z",
                       "2026-03-08T08:00:00.000Z", "2026-03-15T07:00:00.000Z");
    expect_period_from(los_angeles, PERIOD_WEEK, 3, "2026-03-09T12:00:00Z",
                       "2026-03-04T08:00:00.000Z", "2026-03-11T07:00:00.000Z");
    /* 13 hours ahead: there it is the 16th. */
    expect_period_from(apia, PERIOD_MONTH, 16, "2026-06-15T11:00:00Z",
                       "2026-06-15T11:00:00.000Z", "2026-07-15T11:00:00.000Z");
    zone_free(berlin);
    zone_free(utc);
    zone_free(apia);
    zone_free(los_angeles);
}

TEST(periods_from_any_day_follow_each_other_without_gap_or_overlap)
{
    for (unsigned day = 1; day <= START_DAY_MONTH_MOST; day += 9)
        expect_partition("America/Los_Angeles", PERIOD_MONTH, day, "2019-01-01T00:00:00Z",
                         "2029-01-01T00:00:00Z");
    for (unsigned day = 1; day <= START_DAY_WEEK_MOST; day++)
        expect_partition("Europe/Berlin", PERIOD_WEEK, day, "1969-06-01T00:00:00Z",
                         "1972-01-01T00:00:00Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utc_needs_no_file_and_its_days_are_the_epochs),
        cmocka_unit_test(berlins_days_are_23_and_25_hours_long_when_the_clock_changes),
        cmocka_unit_test(the_rule_at_the_end_of_the_file_serves_far_times),
        cmocka_unit_test(a_slim_file_says_the_same_as_a_fat_one),
        cmocka_unit_test(rules_of_every_kind_are_understood),
        cmocka_unit_test(rules_that_are_none_are_refused),
        cmocka_unit_test(
            a_midnight_that_does_not_exist_begins_the_day_at_the_end_of_the_gap),
        cmocka_unit_test(a_midnight_that_comes_twice_begins_the_day_the_first_time),
        cmocka_unit_test(an_hour_that_falls_back_over_midnight_stays_in_the_new_day),
        cmocka_unit_test(a_day_left_out_of_the_calendar_has_no_period),
        cmocka_unit_test(periods_follow_each_other_without_gap_or_overlap),
        cmocka_unit_test(times_at_both_ends_of_the_clock_have_a_period),
        cmocka_unit_test(names_that_leave_the_directory_are_refused),
        cmocka_unit_test(a_copy_outlives_its_original),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(months_and_weeks_begin_on_the_day_that_was_chosen),
        cmocka_unit_test(periods_from_any_day_follow_each_other_without_gap_or_overlap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
