#include "support.h"

TEST(groups_beyond_the_limit_are_other_and_expired_ones_make_room)
{
    struct windows *w = opened(2, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 0));
    struct window_stats stats;

    add(w, "a", day_ns, 1, day_ns);
    add(w, "b", day_ns, 2, day_ns);
    add(w, "c", day_ns, 4, day_ns);
    add(w, "d", day_ns, 8, day_ns);
    add(w, "a", day_ns, 16, day_ns);
    assert_int_equal(sum_of(w, id, "__other__", day_ns), 12);
    assert_int_equal(sum_of(w, id, "a", day_ns), 17);
    windows_stats(w, &stats);
    assert_int_equal(stats.groups, 3);
    assert_int_equal(stats.overflowed, 2);
    int64_t later = day_ns + 3 * NS_PER_HOUR;
    add(w, "c", later, 32, later);
    assert_int_equal(sum_of(w, id, "c", later), 32);
    assert_int_equal(sum_of(w, id, "a", later), 0);
    windows_close(w);
}

TEST(the_oldest_cells_of_the_largest_window_go_first)
{
    struct windows *w = opened(1000, 200);
    int big = declared(w, spend_by("team", NS_PER_HOUR, 0));
    int small = declared(w, spend_by(NULL, 2 * NS_PER_HOUR, 0));
    struct window_stats stats;
    char team[16];

    for (int i = 0; i < 600; i++) {
        int64_t now = day_ns + i * 6 * NS_PER_SECOND;
        snprintf(team, sizeof team, "%d", i % 10);
        add(w, team, now, 1, now);
        windows_stats(w, &stats);
        assert_true(stats.cells <= 202);
    }
    int64_t last = day_ns + 599 * 6 * NS_PER_SECOND;
    assert_true(stats.dropped > 0);
    assert_int_equal(sum_of(w, small, "", last), 600);
    assert_true(sum_of(w, big, "9", last) > 0);
    assert_true(sum_of(w, big, "9", last) < 60);
    windows_close(w);
}

TEST(cells_of_one_period_are_never_dropped_but_its_new_groups_are_other)
{
    struct windows *w = opened(1000, 10);
    struct window_decl decl = spend_by("team", NS_PER_HOUR, 0);
    struct zone *utc;
    char team[16];

    assert_true(zone_load(&utc, "UTC", NULL));
    decl.span = SPAN_CALENDAR;
    decl.period = PERIOD_MONTH;
    decl.zone = utc;
    int id = declared(w, decl);
    zone_free(utc);
    for (int i = 0; i < 20; i++) {
        snprintf(team, sizeof team, "%d", i);
        add(w, team, day_ns, 1, day_ns);
    }
    assert_int_equal(sum_of(w, id, "0", day_ns), 1);
    assert_int_equal(sum_of(w, id, "__other__", day_ns), 10);
    windows_close(w);
}

TEST(declarations_out_of_bounds_are_refused)
{
    struct windows *w = opened(100, 1000);
    struct window_decl good = spend_by("team", NS_PER_HOUR, 0), bad[5];

    for (int i = 0; i < 5; i++)
        bad[i] = good;
    bad[0].over_ns = 5 * NS_PER_MINUTE - 1;
    bad[1].over_ns = 31 * NS_PER_DAY + 1;
    bad[2].offset_ns = -1;
    bad[3].by_count = WINDOW_BY_MAX + 1;
    bad[4].span = SPAN_CALENDAR;
    for (int i = 0; i < 5; i++) {
        struct err err = {0};
        assert_int_equal(windows_declare(w, &bad[i], &err), -1);
        assert_int_not_equal(err.kind, ERR_NONE);
    }
    windows_close(w);
}

TEST(events_of_any_time_are_borne)
{
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX};
    struct windows *w = opened(100, 1000);
    struct window_decl month = spend_by("team", 0, 0);
    struct zone *zone;

    assert_true(zone_load(&zone, "Europe/Berlin", NULL));
    month.span = SPAN_CALENDAR;
    month.period = PERIOD_MONTH;
    month.zone = zone;
    int ids[] = {declared(w, spend_by("team", NS_PER_HOUR, 0)), declared(w, month)};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        add(w, "a", times[i], 1, day_ns);
    add(w, "a", day_ns, 2, day_ns);
    assert_int_equal(sum_of(w, ids[0], "a", day_ns), 2);
    assert_int_equal(sum_of(w, ids[1], "a", day_ns), 2);
    zone_free(zone);
    windows_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_beyond_the_limit_are_other_and_expired_ones_make_room),
        cmocka_unit_test(the_oldest_cells_of_the_largest_window_go_first),
        cmocka_unit_test(
            cells_of_one_period_are_never_dropped_but_its_new_groups_are_other),
        cmocka_unit_test(declarations_out_of_bounds_are_refused),
        cmocka_unit_test(events_of_any_time_are_borne),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
