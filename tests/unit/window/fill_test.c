/* New windows and their history. */
#include "story.h"

/* Some of the story while they fill, the rest after; the last event is in both. */
TEST(a_filled_window_equals_one_that_was_there_all_the_time)
{
    struct windows *live = opened(5, 300), *w = opened(5, 300);
    struct story *s = told(99);
    struct buf before = {0}, after = {0};
    struct window_decl day = spend_by("team", NS_PER_DAY, 0),
                       further = spend_by("team", NS_PER_DAY, NS_PER_HOUR);
    int half = EVENTS / 2;

    declared(live, day);
    declared(live, further);
    declared_unfilled(w, day);
    declared_unfilled(w, further);
    struct windows *history = part_of(w, s->now_ns[0]);
    for (int i = 0; i < half; i++) {
        windows_apply(live, &s->records[i], s->now_ns[i]);
        windows_apply(w, &s->records[i], s->now_ns[i]);
        windows_apply(history, &s->records[i], s->now_ns[i]);
    }
    assert_int_equal(filling(w), 2);
    windows_take(w, history);
    assert_int_equal(filling(w), 0);
    for (int i = half; i < EVENTS; i++) {
        windows_apply(live, &s->records[i], s->now_ns[i]);
        windows_apply(w, &s->records[i], s->now_ns[i]);
    }
    digest(live, &before);
    digest(w, &after);
    assert_true(before.size > 100);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_release(&before);
    buf_release(&after);
    free(s);
    windows_close(live);
    windows_close(w);
}

TEST(history_that_reaches_not_far_enough_leaves_its_window_filling)
{
    struct windows *w = opened(100, 1000);
    int hour = declared_unfilled(w, spend_by("team", NS_PER_HOUR, 0));
    int tenant = declared_unfilled(w, spend_by("tenant", NS_PER_HOUR, 0));
    struct windows *history = part_of(w, day_ns);

    /* Meanwhile one reaches further back, one is forgotten, and one is new. */
    windows_forget_begin(w);
    assert_int_equal(declared_unfilled(w, spend_by("team", NS_PER_HOUR, 0)), hour);
    int further = declared_unfilled(w, spend_by("team", NS_PER_HOUR, NS_PER_DAY));
    windows_forget_end(w);
    int user = declared_unfilled(w, spend_by("user", NS_PER_HOUR, 0));
    (void)tenant;
    add(history, "a", day_ns, 1, day_ns);
    windows_take(w, history);
    assert_int_equal(filling(w), 3);
    history = part_of(w, day_ns);
    add(history, "a", day_ns - NS_PER_DAY, 5, day_ns);
    add(history, "a", day_ns, 1, day_ns);
    windows_take(w, history);
    assert_int_equal(filling(w), 0);
    assert_int_equal(sum_of(w, further, "a", day_ns), 5);
    assert_int_equal(sum_of(w, hour, "a", day_ns), 1);
    assert_int_equal(sum_of(w, user, "", day_ns), 1);
    windows_close(w);
}

TEST(history_may_not_take_more_cells_than_there_may_be)
{
    struct windows *w = opened(1000, 100);
    struct window_stats stats;

    declared(w, spend_by("tenant", NS_PER_HOUR, 0));
    for (int i = 0; i < 60; i++)
        add(w, "a", day_ns + i * NS_PER_MINUTE, 1, day_ns + NS_PER_HOUR);
    declared_unfilled(w, spend_by("team", NS_PER_HOUR, 0));
    struct windows *history = part_of(w, day_ns + NS_PER_HOUR);
    for (int i = 0; i < 60; i++)
        add(history, "a", day_ns + i * NS_PER_MINUTE, 1, day_ns + NS_PER_HOUR);
    windows_take(w, history);
    windows_stats(w, &stats);
    assert_in_range(stats.cells, 50, 100);
    windows_close(w);
}

TEST(a_new_window_is_not_saved_before_it_is_filled)
{
    struct windows *w = opened(100, 1000), *restored = opened(100, 1000);
    struct buf saved = {0};

    declared_unfilled(w, spend_by("team", NS_PER_HOUR, 0));
    int id = declared_unfilled(restored, spend_by("team", NS_PER_HOUR, 0));
    windows_save(w, &saved);
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    assert_int_equal(filling(restored), 1);
    struct windows *history = part_of(w, day_ns);
    add(history, "a", day_ns, 8, day_ns);
    windows_take(w, history);
    buf_reset(&saved);
    windows_save(w, &saved);
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    assert_int_equal(filling(restored), 0);
    assert_int_equal(sum_of(restored, id, "a", day_ns), 8);
    buf_release(&saved);
    windows_close(w);
    windows_close(restored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filled_window_equals_one_that_was_there_all_the_time),
        cmocka_unit_test(history_that_reaches_not_far_enough_leaves_its_window_filling),
        cmocka_unit_test(history_may_not_take_more_cells_than_there_may_be),
        cmocka_unit_test(a_new_window_is_not_saved_before_it_is_filled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
