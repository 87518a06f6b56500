/* The gateway's own budgets. */
#include "litellm_support.h"

static struct limit team_limit(const char *id, int64_t max, int64_t spent)
{
    return (struct limit){.of = LIMIT_OF_TEAM,
                          .id = str_of(id),
                          .alias = STR("Alias"),
                          .max = {max},
                          .spent = {spent}};
}

static void send(struct metrics *m, const struct limit *limit, int64_t booked_ns,
                 int64_t charged)
{
    struct gateway g = {.limit_count = 1, .limits = {*limit}};
    struct record r = charge("", "chat", charged);

    r.booked_ns = r.committed_ns = booked_ns;
    r.ev.gateway = &g;
    metrics_apply(m, &r);
}

/* The only one there is of this id. */
static struct limit find(const struct metrics *m, const char *id, int64_t now_ns)
{
    struct metrics_copy *copy = metrics_copy(m, now_ns);
    struct limit found = {.max = {-2}};
    size_t count, times = 0;
    const struct limit *all = metrics_copy_limits(copy, &count);

    assert_non_null(all);
    for (size_t i = 0; i < count; i++)
        if (str_eq(all[i].id, str_of(id))) {
            found = all[i];
            times++;
        }
    assert_true(times <= 1);
    assert_true(times == 0 || str_eq(found.alias, STR("Alias")) || !found.alias.size ||
                str_eq(found.alias, STR("New")));
    found.id = found.alias = STR(""); /* of the copy */
    metrics_copy_free(copy);
    return found;
}

TEST(the_newest_event_of_a_team_says_what_is_spent)
{
    struct metrics *m = litellm(10, false);
    struct limit first = team_limit("a", 500, 7), later = team_limit("a", 600, 20),
                 late = team_limit("a", 1, 1);

    send(m, &first, 1000, 3);
    assert_int_equal(find(m, "a", 0).spent.nanousd, 10);
    assert_int_equal(find(m, "a", 0).max.nanousd, 500);
    send(m, &later, 2000, 5);
    send(m, &late, 1500, 5);
    assert_int_equal(find(m, "a", 0).spent.nanousd, 25);
    assert_int_equal(find(m, "a", 0).max.nanousd, 600);
    metrics_close(m);
}

TEST(a_team_that_is_called_otherwise_is_the_same_team)
{
    struct metrics *m = litellm(10, false);
    struct limit limit = team_limit("a", 500, 7);
    struct metrics_copy *copy;
    size_t count;

    send(m, &limit, 1000, 0);
    limit.alias = STR("New");
    send(m, &limit, 2000, 0);
    copy = metrics_copy(m, 0);
    const struct limit *all = metrics_copy_limits(copy, &count);
    assert_int_equal(count, 1);
    assert_true(str_eq(all[0].alias, STR("New")));
    metrics_copy_free(copy);
    metrics_close(m);
}

TEST(the_table_is_bounded_and_says_what_it_refused)
{
    struct metrics *m = litellm(10, false);
    char id[20];

    for (int i = 0; i < 25; i++) {
        snprintf(id, sizeof id, "team-%d", i);
        struct limit limit = team_limit(id, 100, i);
        send(m, &limit, 1000 + i, 0);
    }
    assert_int_equal(find(m, "team-9", 0).spent.nanousd, 9);
    assert_int_equal(find(m, "team-10", 0).max.nanousd, -2);
    expect_line(m, "spendwarden_metric_series{set=\"litellm_limits\"} 10");
    expect_line(m, "spendwarden_metric_overflow_events_total{set=\"litellm_limits\"} 15");
    metrics_close(m);
}

static struct metrics *retiring(void)
{
    struct metrics_options options = {
        .max_series = 10, .litellm_names = true, .retire_ns = 1600};
    struct err err = {0};
    struct metrics *m;

    assert_true(metrics_open(&m, &options, &err));
    return m;
}

TEST(a_team_that_is_gone_makes_room)
{
    struct metrics *m = retiring();
    char id[20];

    for (int i = 0; i < 10; i++) {
        snprintf(id, sizeof id, "team-%d", i);
        struct limit limit = team_limit(id, 100, i);
        send(m, &limit, 1000, 0);
    }
    assert_int_equal(find(m, "team-1", 2600).max.nanousd, 100);
    assert_int_equal(find(m, "team-1", 2601).max.nanousd, -2);
    struct limit fresh = team_limit("fresh", 7, 0);
    send(m, &fresh, 2601, 0);
    assert_int_equal(find(m, "fresh", 2601).max.nanousd, 7);
    metrics_close(m);
}

TEST(what_a_team_is_called_is_known_without_a_limit)
{
    struct metrics *m = litellm(10, false);
    struct gateway g = {.text = {[GATEWAY_TEAM_ALIAS] = STR("Alias")}};
    struct record r = charge("a", "chat", 1);

    r.ev.gateway = &g;
    metrics_apply(m, &r);
    assert_int_equal(find(m, "a", 0).max.nanousd, -1);
    struct limit limit = team_limit("a", 500, 7);
    send(m, &limit, 0, 0);
    assert_int_equal(find(m, "a", 0).max.nanousd, 500);
    metrics_close(m);
}

TEST(names_alone_leave_room_for_limits)
{
    struct metrics *m = litellm(10, false);
    struct gateway g = {.text = {[GATEWAY_TEAM_ALIAS] = STR("Alias")}};
    char id[20];

    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "team-%d", i);
        struct record r = charge(id, "chat", 1);
        r.ev.gateway = &g;
        metrics_apply(m, &r);
    }
    expect_line(m, "spendwarden_metric_series{set=\"litellm_limits\"} 5");
    expect_line(m, "spendwarden_metric_overflow_events_total{set=\"litellm_limits\"} 0");
    for (int i = 3; i < 8; i++) {
        snprintf(id, sizeof id, "team-%d", i);
        struct limit limit = team_limit(id, 100, i);
        send(m, &limit, 1000, 0);
    }
    assert_int_equal(find(m, "team-7", 0).spent.nanousd, 7);
    expect_line(m, "spendwarden_metric_series{set=\"litellm_limits\"} 8");
    metrics_close(m);
}

TEST(a_checkpoint_keeps_them_within_a_lower_cap)
{
    struct metrics *m = litellm(20, false), *same = litellm(20, false),
                   *lower = litellm(10, false);
    struct buf saved = {0};
    struct err err = {0};
    char id[20];

    for (int i = 0; i < 15; i++) {
        snprintf(id, sizeof id, "team-%d", i);
        struct limit limit = team_limit(id, 100, i);
        limit.reset_ns = 5;
        send(m, &limit, 1000, 0);
    }
    metrics_save(m, &saved);
    assert_true(metrics_load(same, buf_str(&saved), &err));
    assert_int_equal(find(same, "team-14", 0).spent.nanousd, 14);
    assert_int_equal(find(same, "team-14", 0).reset_ns, 5);
    struct limit old = team_limit("team-14", 1, 1);
    send(same, &old, 999, 0);
    assert_int_equal(find(same, "team-14", 0).max.nanousd, 100);
    assert_true(metrics_load(lower, buf_str(&saved), &err));
    assert_int_equal(find(lower, "team-9", 0).spent.nanousd, 9);
    assert_int_equal(find(lower, "team-14", 0).max.nanousd, -2);
    buf_release(&saved);
    metrics_close(m);
    metrics_close(same);
    metrics_close(lower);
}

TEST(a_state_cut_off_anywhere_is_refused)
{
    struct metrics *m = litellm(20, false), *other = litellm(20, false);
    struct limit limit = team_limit("a", 100, 1);
    struct buf saved = {0};
    struct err err = {0};

    send(m, &limit, 1000, 0);
    metrics_save(m, &saved);
    for (size_t i = 12; i < saved.size; i++) {
        struct buf cut = {0};
        buf_add(&cut, (struct str){saved.at, i});
        assert_false(metrics_load(other, buf_str(&cut), &err));
        buf_release(&cut);
    }
    assert_int_equal(find(other, "a", 0).max.nanousd, -2);
    buf_release(&saved);
    metrics_close(m);
    metrics_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_event_of_a_team_says_what_is_spent),
        cmocka_unit_test(a_team_that_is_called_otherwise_is_the_same_team),
        cmocka_unit_test(the_table_is_bounded_and_says_what_it_refused),
        cmocka_unit_test(a_team_that_is_gone_makes_room),
        cmocka_unit_test(what_a_team_is_called_is_known_without_a_limit),
        cmocka_unit_test(names_alone_leave_room_for_limits),
        cmocka_unit_test(a_checkpoint_keeps_them_within_a_lower_cap),
        cmocka_unit_test(a_state_cut_off_anywhere_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
