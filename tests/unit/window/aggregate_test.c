/* Windows that keep the largest value, or count different ones. */
#include "support.h"

static struct window_decl of(enum aggregate aggregate, const char *name)
{
    struct window_decl decl = spend_by("team", NS_PER_HOUR, 0);

    decl.aggregate = aggregate;
    decl.field = field(name);
    return decl;
}

static void add_user(struct windows *w, const char *user, int64_t booked_ns)
{
    struct record r = charge("a", booked_ns, 1);

    r.ev.text[TEXT_END_USER] = str_of(user);
    windows_apply(w, &r, booked_ns);
}

static void add_users(struct windows *w, int from, int to, int64_t booked_ns)
{
    char user[32];

    for (int i = from; i < to; i++) {
        snprintf(user, sizeof user, "user-%d", i);
        add_user(w, user, booked_ns);
    }
}

TEST(the_largest_value_lasts_as_long_as_its_bucket)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, of(AGGREGATE_MAX, "charge_usd"));

    add(w, "a", day_ns, 70, day_ns);
    add(w, "a", day_ns, 3, day_ns);
    add(w, "a", day_ns + 30 * NS_PER_MINUTE, 5, day_ns + 30 * NS_PER_MINUTE);
    add(w, "b", day_ns, 90, day_ns + 30 * NS_PER_MINUTE);
    assert_int_equal(sum_of(w, id, "a", day_ns + 30 * NS_PER_MINUTE), 70);
    assert_int_equal(sum_of(w, id, "a", day_ns + 60 * NS_PER_MINUTE), 5);
    assert_int_equal(sum_of(w, id, "a", day_ns + 90 * NS_PER_MINUTE), 0);
    windows_close(w);
}

TEST(the_largest_of_tokens_is_in_nano_units_as_a_sum_is)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, of(AGGREGATE_MAX, "input_tokens"));
    struct record r = charge("a", day_ns, 1);

    r.ev.count[COUNT_INPUT_TOKENS] = 7;
    windows_apply(w, &r, day_ns);
    r.ev.count[COUNT_INPUT_TOKENS] = -1; /* absent: not in this window */
    windows_apply(w, &r, day_ns);
    assert_int_equal(sum_of(w, id, "a", day_ns), 7 * NANO_PER_USD);
    windows_close(w);
}

TEST(a_value_counts_once_however_often_and_in_however_many_buckets)
{
    struct windows *w = opened(100, 1000);
    int id = declared(w, of(AGGREGATE_DISTINCT, "end_user"));

    add_user(w, "x", day_ns);
    add_user(w, "x", day_ns);
    add_user(w, "y", day_ns);
    add_user(w, "x", day_ns + 20 * NS_PER_MINUTE);
    add_user(w, "z", day_ns + 20 * NS_PER_MINUTE);
    add_user(w, "", day_ns + 20 * NS_PER_MINUTE); /* absent */
    assert_int_equal(sum_of(w, id, "a", day_ns + 20 * NS_PER_MINUTE), 3);
    assert_int_equal(sum_of(w, id, "a", day_ns + 70 * NS_PER_MINUTE), 2);
    assert_int_equal(sum_of(w, id, "a", day_ns + 90 * NS_PER_MINUTE), 0);
    windows_close(w);
}

TEST(a_bucket_tells_a_thousand_values_apart_and_then_says_at_least)
{
    struct windows *w = opened(100, 10000);
    int id = declared(w, of(AGGREGATE_DISTINCT, "end_user"));

    add_users(w, 0, 1000, day_ns);
    assert_int_equal(sum_of(w, id, "a", day_ns), 1000);
    add_users(w, 1000, 1500, day_ns);
    assert_int_equal(sum_of(w, id, "a", day_ns), 1000);
    add_users(w, 500, 1500, day_ns + NS_PER_MINUTE);
    assert_int_equal(sum_of(w, id, "a", day_ns + NS_PER_MINUTE), 1500);
    windows_close(w);
}

TEST(values_take_room_as_cells_do_and_give_it_back)
{
    struct windows *w = opened(100, 50);
    int id = declared(w, of(AGGREGATE_DISTINCT, "end_user"));
    struct window_stats stats;

    add_users(w, 0, 200, day_ns);
    windows_stats(w, &stats);
    assert_int_equal(stats.cells, 50);
    assert_int_equal(stats.dropped, 151);
    assert_int_equal(sum_of(w, id, "a", day_ns), 49);
    int64_t later = day_ns + 3 * NS_PER_HOUR;
    add_users(w, 0, 2, later);
    assert_int_equal(sum_of(w, id, "a", later), 2);
    windows_stats(w, &stats);
    assert_int_equal(stats.cells, 3);
    windows_close(w);
}

TEST(both_are_the_same_after_a_restart)
{
    struct windows *w = opened(100, 10000), *restored = opened(100, 10000);
    struct buf saved = {0}, before = {0}, after = {0};
    struct window_stats stats;

    int users = declared(w, of(AGGREGATE_DISTINCT, "end_user"));
    declared(w, of(AGGREGATE_MAX, "charge_usd"));
    add_users(w, 0, 300, day_ns);
    add_users(w, 200, 400, day_ns + NS_PER_MINUTE);
    windows_digest(w, &before);
    windows_save(w, &saved);
    declared_unfilled(restored, of(AGGREGATE_DISTINCT, "end_user"));
    declared_unfilled(restored, of(AGGREGATE_MAX, "charge_usd"));
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    windows_stats(restored, &stats);
    assert_int_equal(stats.filling, 0);
    windows_digest(restored, &after);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    add_users(restored, 0, 1, day_ns + 2 * NS_PER_MINUTE);
    assert_int_equal(sum_of(restored, users, "a", day_ns + 2 * NS_PER_MINUTE), 400);
    buf_release(&saved);
    buf_release(&before);
    buf_release(&after);
    windows_close(w);
    windows_close(restored);
}

TEST(a_saved_set_that_nobody_wants_is_read_past)
{
    struct windows *w = opened(100, 10000), *restored = opened(100, 10000);
    struct buf saved = {0};

    declared(w, of(AGGREGATE_DISTINCT, "end_user"));
    declared(w, spend_by("team", NS_PER_HOUR, 0));
    add_users(w, 0, 30, day_ns);
    windows_save(w, &saved);
    int spend = declared_unfilled(restored, spend_by("team", NS_PER_HOUR, 0));
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    assert_int_equal(sum_of(restored, spend, "a", day_ns), 30);
    buf_release(&saved);
    windows_close(w);
    windows_close(restored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_largest_value_lasts_as_long_as_its_bucket),
        cmocka_unit_test(the_largest_of_tokens_is_in_nano_units_as_a_sum_is),
        cmocka_unit_test(a_value_counts_once_however_often_and_in_however_many_buckets),
        cmocka_unit_test(a_bucket_tells_a_thousand_values_apart_and_then_says_at_least),
        cmocka_unit_test(values_take_room_as_cells_do_and_give_it_back),
        cmocka_unit_test(both_are_the_same_after_a_restart),
        cmocka_unit_test(a_saved_set_that_nobody_wants_is_read_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
