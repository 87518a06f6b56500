#include "support.h"

TEST(a_rolling_window_sums_the_running_bucket_and_those_after_its_start)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 0));
    int64_t now = day_ns + 10 * NS_PER_HOUR + 30 * NS_PER_SECOND; /* 10:00:30 */

    add(w, "a", day_ns + 9 * NS_PER_HOUR, 1, now); /* 09:00:00: out */
    add(w, "a", day_ns + 9 * NS_PER_HOUR + NS_PER_MINUTE - 1, 2,
        now);                                                      /* 09:00:59.9: out */
    add(w, "a", day_ns + 9 * NS_PER_HOUR + NS_PER_MINUTE, 4, now); /* 09:01:00: in */
    add(w, "a", now, 8, now);                                      /* running: in */
    assert_int_equal(sum_of(w, id, "a", now), 12);
    assert_int_equal(sum_of(w, id, "a", now + 29 * NS_PER_SECOND), 12);
    assert_int_equal(sum_of(w, id, "a", now + 30 * NS_PER_SECOND), 8);
    assert_int_equal(sum_of(w, id, "a", now + 59 * NS_PER_MINUTE), 8);
    assert_int_equal(sum_of(w, id, "a", now + 60 * NS_PER_MINUTE), 0);
    windows_close(w);
}

TEST(an_offset_moves_the_whole_window_back)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 7 * NS_PER_DAY));
    int64_t then = day_ns + 10 * NS_PER_HOUR;

    add(w, "a", then, 5, then);
    assert_int_equal(sum_of(w, id, "a", then), 0);
    assert_int_equal(sum_of(w, id, "a", then + 7 * NS_PER_DAY), 5);
    assert_int_equal(sum_of(w, id, "a", then + 7 * NS_PER_DAY - 1), 0);
    assert_int_equal(sum_of(w, id, "a", then + 7 * NS_PER_DAY + 59 * NS_PER_MINUTE), 5);
    assert_int_equal(sum_of(w, id, "a", then + 7 * NS_PER_DAY + NS_PER_HOUR), 0);
    windows_close(w);
}

TEST(a_late_event_counts_where_it_belongs_and_none_outside_the_span)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 0));
    struct window_stats stats;

    for (int minute = 50; minute >= 0; minute -= 10) /* newest first */
        add(w, "a", day_ns + minute * NS_PER_MINUTE, 1, day_ns + NS_PER_HOUR);
    add(w, "a", day_ns - 5 * NS_PER_HOUR, 100, day_ns + NS_PER_HOUR);
    windows_stats(w, &stats);
    assert_int_equal(stats.cells, 6);
    assert_int_equal(sum_of(w, id, "a", day_ns + 59 * NS_PER_MINUTE), 6);
    assert_int_equal(sum_of(w, id, "a", day_ns + 61 * NS_PER_MINUTE), 5);
    windows_close(w);
}

TEST(an_event_of_the_future_waits_for_its_bucket)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 0));

    add(w, "a", day_ns + 4 * NS_PER_MINUTE, 5, day_ns);
    assert_int_equal(sum_of(w, id, "a", day_ns), 0);
    assert_int_equal(sum_of(w, id, "a", day_ns + 4 * NS_PER_MINUTE), 5);
    windows_close(w);
}

TEST(equal_declarations_are_one_window_and_share_buckets_with_kin)
{
    struct windows *w = opened(100, 1000);
    struct window_decl hour = spend_by("team", NS_PER_HOUR, 0);
    struct window_decl last_week = spend_by("team", NS_PER_HOUR, 7 * NS_PER_DAY);
    struct window_stats stats;

    int first = windows_declare(w, &hour, NULL);
    assert_int_equal(windows_declare(w, &hour, NULL), first);
    int second = windows_declare(w, &last_week, NULL);
    assert_int_not_equal(second, first);
    assert_int_equal(filling(w), 2);
    windows_begin(w);
    assert_int_equal(filling(w), 0);
    add(w, "a", day_ns, 1, day_ns);
    windows_stats(w, &stats);
    assert_int_equal(stats.windows, 2);
    assert_int_equal(stats.cells, 1);
    windows_close(w);
}

TEST(a_window_that_reads_further_back_than_what_is_kept_begins_anew)
{
    struct windows *w = opened(100, 1000), *history;
    int64_t from_ns;

    int hour = declared(w, spend_by("team", NS_PER_HOUR, 0));
    add(w, "a", day_ns, 1, day_ns);
    int id = declared_unfilled(w, spend_by("team", NS_PER_HOUR, 7 * NS_PER_DAY));
    assert_true(windows_part(w, &history, day_ns, &from_ns, NULL));
    assert_true(from_ns <= day_ns - 7 * NS_PER_DAY - NS_PER_HOUR);
    add(history, "a", day_ns - 7 * NS_PER_DAY, 7, day_ns);
    windows_take(w, history);
    assert_int_equal(sum_of(w, id, "a", day_ns), 7);
    assert_int_equal(sum_of(w, hour, "a", day_ns), 1);
    windows_close(w);
}

TEST(what_is_not_declared_again_is_forgotten)
{
    struct windows *w = opened(100, 1000);
    int hour = declared(w, spend_by("team", NS_PER_HOUR, 0));
    struct window_stats stats;

    declared(w, spend_by("tenant", NS_PER_HOUR, 0));
    add(w, "a", day_ns, 1, day_ns);
    windows_forget_begin(w);
    struct window_decl again = spend_by("team", NS_PER_HOUR, 0);
    assert_int_equal(windows_declare(w, &again, NULL), hour);
    windows_forget_end(w);
    assert_int_equal(filling(w), 0);
    windows_stats(w, &stats);
    assert_int_equal(stats.windows, 1);
    assert_int_equal(stats.cells, 1);
    assert_int_equal(sum_of(w, hour, "a", day_ns), 1);
    windows_close(w);
}

TEST(groups_come_in_bytewise_order_and_without_what_is_empty)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 0));
    static const char *const teams[] = {"b", "", "ab", "\xC3\xA9", "a", "c"};
    static const char *const sorted[] = {"", "a", "ab", "b", "\xC3\xA9"};
    struct window_sums sums;
    struct arena arena;

    arena_init(&arena, 0);
    for (size_t i = 0; i < 5; i++)
        add(w, teams[i], day_ns + NS_PER_HOUR, (int64_t)i, day_ns + NS_PER_HOUR);
    add(w, "c", day_ns, 9, day_ns + NS_PER_HOUR); /* just outside */
    assert_true(windows_sums(w, id, day_ns + NS_PER_HOUR, &arena, &sums));
    assert_int_equal(sums.group_count, 5);
    assert_int_equal(sums.since_ns, day_ns);
    assert_int_equal(sums.start_ns, day_ns + NS_PER_MINUTE);
    for (size_t i = 0; i < 5; i++) {
        assert_true(str_eq(sums.groups[i].by[0], str_of(sorted[i])));
        assert_ptr_equal(window_sums_find(&sums, sums.groups[i].by), &sums.groups[i]);
    }
    struct str absent[] = {STR("zz")};
    assert_null(window_sums_find(&sums, absent));
    arena_release(&arena);
    windows_close(w);
}

TEST(a_group_knows_its_first_event_and_its_number)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by(NULL, NS_PER_HOUR, 0));
    struct window_sums sums;
    struct arena arena;

    arena_init(&arena, 0);
    add(w, "a", day_ns + 100, 1500000000, day_ns);
    add(w, "b", day_ns + 50, 1, day_ns);
    assert_true(windows_sums(w, id, day_ns, &arena, &sums));
    assert_int_equal(sums.group_count, 1);
    assert_int_equal(sums.by_count, 0);
    assert_int_equal(sums.groups[0].first_ns, day_ns + 50);
    assert_int_equal(sums.groups[0].count, 2);
    assert_int_equal(sums.groups[0].sum, 1500000001);
    assert_true(sums.groups[0].value > 1.5 && sums.groups[0].value < 1.5001);
    assert_ptr_equal(window_sums_find(&sums, NULL), &sums.groups[0]);
    arena_release(&arena);
    windows_close(w);
}

TEST(conditions_choose_what_counts)
{
    static const struct str in[] = {STR("1"), STR("2")};
    struct windows *w = opened(100, 1000);
    struct window_decl decl = spend_by(NULL, NS_PER_HOUR, 0);
    int64_t depths[] = {-1, 0, 1, 2, 12};

    decl.where_count = 1;
    decl.where[0] = (struct where_clause){field("team"), WHERE_PRESENT, 0, NULL};
    int present = declared(w, decl);
    decl.where[0].op = WHERE_MISSING;
    int missing = declared(w, decl);
    decl.where[0] = (struct where_clause){field("retry_depth"), WHERE_IN, 2, in};
    int retried = declared(w, decl);
    decl.where[0] =
        (struct where_clause){field("retry_depth"), WHERE_IN, 1, &(struct str){"0", 1}};
    int first = declared(w, decl);
    decl.where[0] =
        (struct where_clause){field("status"), WHERE_IN, 1, &(struct str){"failure", 7}};
    int failed = declared(w, decl);
    for (int i = 0; i < 5; i++) {
        struct record r = charge(i % 2 ? "a" : "", day_ns, 1 << i);
        r.ev.count[COUNT_RETRY_DEPTH] = depths[i];
        r.ev.outcome = i == 4 ? OUTCOME_FAILURE : OUTCOME_SUCCESS;
        windows_apply(w, &r, day_ns);
    }
    assert_int_equal(sum_of(w, present, "", day_ns), 2 + 8);
    assert_int_equal(sum_of(w, missing, "", day_ns), 1 + 4 + 16);
    assert_int_equal(sum_of(w, retried, "", day_ns), 4 + 8);
    assert_int_equal(sum_of(w, first, "", day_ns), 1 + 2);
    assert_int_equal(sum_of(w, failed, "", day_ns), 16);
    windows_close(w);
}

TEST(a_window_has_seen_what_its_conditions_leave_out)
{
    struct windows *w = opened(100, 1000);
    struct window_decl decl = spend_by(NULL, NS_PER_HOUR, 0);
    struct window_sums sums;
    struct arena arena;

    arena_init(&arena, 0);
    decl.where_count = 1;
    decl.where[0] = (struct where_clause){field("team"), WHERE_MISSING, 0, NULL};
    int id = declared(w, decl);
    add(w, "a", day_ns, 1, day_ns);
    add(w, "", day_ns + NS_PER_MINUTE, 2, day_ns + NS_PER_MINUTE);
    assert_true(windows_sums(w, id, day_ns + NS_PER_MINUTE, &arena, &sums));
    assert_int_equal(sums.since_ns, day_ns);
    assert_int_equal(sums.group_count, 1);
    assert_int_equal(sums.groups[0].first_ns, day_ns + NS_PER_MINUTE);
    arena_release(&arena);
    windows_close(w);
}

TEST(counts_tokens_and_effects_each_in_their_unit)
{
    struct windows *w = opened(100, 1000);
    struct window_decl decl = spend_by(NULL, NS_PER_HOUR, 0);
    struct effect effects[] = {{.name = STR("window:waste"), .nano = 2500000000},
                               {.name = STR("other_total"), .nano = 1}};
    struct record r = charge("a", day_ns, 7);
    struct window_sums sums;
    struct arena arena;

    decl.aggregate = AGGREGATE_COUNT;
    int events = declared(w, decl);
    decl = (struct window_decl){.field = field("input_tokens"), .over_ns = NS_PER_HOUR};
    int tokens = declared(w, decl);
    decl = (struct window_decl){.effect = STR("window:waste"), .over_ns = NS_PER_HOUR};
    int waste = declared(w, decl);
    windows_apply(w, &r, day_ns); /* no tokens, no effects */
    r.ev.count[COUNT_INPUT_TOKENS] = INT64_C(20000000000);
    r.effect_count = 2;
    r.effects = effects;
    windows_apply(w, &r, day_ns);
    assert_int_equal(sum_of(w, events, "", day_ns), 2);
    assert_int_equal(sum_of(w, waste, "", day_ns), 2500000000);
    arena_init(&arena, 0);
    assert_true(windows_sums(w, tokens, day_ns, &arena, &sums));
    assert_int_equal(sums.groups[0].count, 1);
    assert_int_equal(sums.groups[0].sum, INT64_MAX); /* clamped, but its value is not */
    assert_true(sums.groups[0].value == 2e10);
    arena_release(&arena);
    windows_close(w);
}

TEST(other_kinds_of_record_change_nothing)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, spend_by("team", NS_PER_HOUR, 0));
    struct record r = charge("a", day_ns, 7);

    for (int kind = RECORD_AMENDMENT; kind <= RECORD_OPENING; kind++) {
        r.kind = (enum record_kind)kind;
        windows_apply(w, &r, day_ns);
    }
    assert_int_equal(sum_of(w, id, "a", day_ns), 0);
    windows_close(w);
}

TEST(a_calendar_window_holds_this_period_and_the_last)
{
    struct windows *w = opened(100, 1000);
    struct window_decl decl = spend_by("team", 0, 0);
    struct zone *berlin;
    struct window_sums sums;
    struct arena arena;
    int64_t change, start, end; /* 2026-10-25: 25 hours */

    assert_true(zone_load(&berlin, "Europe/Berlin", NULL));
    assert_true(timestamp_parse(&change, STR("2026-10-25T12:00:00Z")));
    decl.span = SPAN_CALENDAR;
    decl.period = PERIOD_DAY;
    decl.zone = berlin;
    int id = declared(w, decl);
    zone_period(berlin, PERIOD_DAY, START_DAY_USUAL, change, &start, &end);
    assert_int_equal(end - start, 25 * NS_PER_HOUR);
    int64_t now = end + NS_PER_MINUTE;
    add(w, "a", start, 1, now);
    add(w, "a", end - 1, 2, now);
    add(w, "a", end, 4, now);
    add(w, "a", start - 1, 8, now); /* the day before last: not kept */
    assert_int_equal(sum_of(w, id, "a", change), 3);
    assert_int_equal(sum_of(w, id, "a", now), 4);
    assert_int_equal(sum_of(w, id, "a", start - 1), 0);
    arena_init(&arena, 0);
    assert_true(windows_sums(w, id, change, &arena, &sums));
    assert_int_equal(sums.start_ns, start);
    assert_int_equal(sums.end_ns, end);
    arena_release(&arena);
    zone_free(berlin);
    windows_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_rolling_window_sums_the_running_bucket_and_those_after_its_start),
        cmocka_unit_test(an_offset_moves_the_whole_window_back),
        cmocka_unit_test(a_late_event_counts_where_it_belongs_and_none_outside_the_span),
        cmocka_unit_test(an_event_of_the_future_waits_for_its_bucket),
        cmocka_unit_test(equal_declarations_are_one_window_and_share_buckets_with_kin),
        cmocka_unit_test(a_window_that_reads_further_back_than_what_is_kept_begins_anew),
        cmocka_unit_test(what_is_not_declared_again_is_forgotten),
        cmocka_unit_test(groups_come_in_bytewise_order_and_without_what_is_empty),
        cmocka_unit_test(a_group_knows_its_first_event_and_its_number),
        cmocka_unit_test(conditions_choose_what_counts),
        cmocka_unit_test(a_window_has_seen_what_its_conditions_leave_out),
        cmocka_unit_test(counts_tokens_and_effects_each_in_their_unit),
        cmocka_unit_test(other_kinds_of_record_change_nothing),
        cmocka_unit_test(a_calendar_window_holds_this_period_and_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
