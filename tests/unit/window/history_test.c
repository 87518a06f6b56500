/* Random histories: against a naive sum over all records, and through checkpoints. */
#include "story.h"

#include "spendwarden/hash.h"

enum { WINDOWS = 5 };

static void declare_all(struct windows *w, int ids[WINDOWS], struct window_decl *decls,
                        const struct zone *zone)
{
    decls[0] = spend_by("team", NS_PER_HOUR, 0);
    decls[1] = spend_by("team", NS_PER_HOUR, 5 * NS_PER_HOUR);
    decls[2] = spend_by("team", NS_PER_DAY, 10 * NS_PER_MINUTE);
    decls[3] = spend_by("team", 7 * NS_PER_MINUTE, 0);
    decls[4] = spend_by("team", 0, 0);
    decls[4].span = SPAN_CALENDAR;
    decls[4].zone = zone;
    for (int i = 0; i < WINDOWS; i++)
        ids[i] = declared(w, decls[i]);
}

static int64_t width_of(int64_t over_ns)
{
    static const int64_t seconds[] = {21600, 3600, 900, 300, 60, 15, 5};
    int i = 0;

    while (i < 6 && seconds[i] * NS_PER_SECOND > over_ns / 60)
        i++;
    return seconds[i] * NS_PER_SECOND;
}

static bool is_within(const struct window_decl *decl, int64_t booked_ns, int64_t at_ns)
{
    int64_t start, end;

    if (decl->span == SPAN_CALENDAR) {
        zone_period(decl->zone, decl->period, decl->start_day, at_ns, &start, &end);
        return booked_ns >= start && booked_ns < end;
    }
    int64_t width = width_of(decl->over_ns), until = at_ns - decl->offset_ns;
    int64_t bucket = booked_ns - booked_ns % width, running = until - until % width;
    return bucket <= running && bucket > running - decl->over_ns;
}

static void expect_naive(struct windows *w, int id, const struct window_decl *decl,
                         const struct story *s, int seen, int64_t at_ns)
{
    for (int t = 0; t < TEAMS; t++) {
        int64_t sum = 0;
        for (int i = 0; i < seen; i++)
            if (str_eq(s->records[i].ev.text[TEXT_TEAM], str_of(teams[t])) &&
                is_within(decl, s->records[i].booked_ns, at_ns))
                sum += s->records[i].charge.charge.nanousd;
        assert_int_equal(sum_of(w, id, teams[t], at_ns), sum);
    }
}

TEST(windows_equal_a_naive_sum_over_all_events)
{
    struct windows *w = opened(100, 100000);
    struct story *s = told(42);
    struct window_decl decls[WINDOWS];
    struct zone *zone;
    int ids[WINDOWS];

    assert_true(zone_load(&zone, "Europe/Berlin", NULL));
    declare_all(w, ids, decls, zone);
    for (int i = 0; i < EVENTS; i++) {
        windows_apply(w, &s->records[i], s->now_ns[i]);
        for (int k = 0; i % 97 == 0 && k < WINDOWS; k++)
            expect_naive(w, ids[k], &decls[k], s, i + 1, s->now_ns[i] + i * NS_PER_MS);
    }
    free(s);
    zone_free(zone);
    windows_close(w);
}

TEST(a_checkpoint_and_the_rows_after_it_give_the_same_windows)
{
    struct windows *w = opened(100, 100000), *restored = opened(100, 100000);
    struct story *s = told(7);
    struct window_decl decls[WINDOWS];
    struct zone *zone;
    int ids[WINDOWS];
    struct buf saved = {0}, before = {0}, after = {0};

    assert_true(zone_load(&zone, "Europe/Berlin", NULL));
    declare_all(w, ids, decls, zone);
    declare_all(restored, ids, decls, zone);
    for (int i = 0; i < EVENTS; i++) {
        windows_apply(w, &s->records[i], s->now_ns[i]);
        if (i == EVENTS / 2)
            windows_save(w, &saved);
    }
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    assert_int_equal(filling(restored), 0);
    for (int i = EVENTS / 2 + 1; i < EVENTS; i++)
        windows_apply(restored, &s->records[i], s->now_ns[i]);
    digest(w, &before);
    digest(restored, &after);
    assert_true(before.size > 100);
    assert_true(str_eq(buf_str(&before), buf_str(&after)));
    buf_release(&saved);
    buf_release(&before);
    buf_release(&after);
    free(s);
    zone_free(zone);
    windows_close(w);
    windows_close(restored);
}

TEST(the_digest_tells_any_difference)
{
    struct windows *a = opened(100, 1000), *b = opened(100, 1000);
    struct buf first = {0}, second = {0};

    declared(a, spend_by("team", NS_PER_HOUR, 0));
    declared(b, spend_by("team", NS_PER_HOUR, 0));
    add(a, "x", day_ns, 3, day_ns);
    add(a, "y", day_ns, 4, day_ns);
    add(b, "x", day_ns, 4, day_ns);
    add(b, "y", day_ns, 3, day_ns);
    digest(a, &first);
    digest(b, &second);
    assert_true(
        str_starts(buf_str(&first),
                   STR("sum charge_usd by team over 1h: sum 7 events 2 groups 2 hash ")));
    assert_false(str_eq(buf_str(&first), buf_str(&second)));
    buf_release(&first);
    buf_release(&second);
    windows_close(a);
    windows_close(b);
}

TEST(what_a_checkpoint_does_not_know_stays_new)
{
    struct windows *w = opened(100, 1000), *restored = opened(100, 1000);
    struct buf saved = {0};

    declared(w, spend_by("tenant", NS_PER_HOUR, 0));
    declared(w, spend_by("team", NS_PER_HOUR, 0));
    add(w, "a", day_ns, 1, day_ns);
    windows_save(w, &saved);
    int known = declared_unfilled(restored, spend_by("tenant", NS_PER_HOUR, 0));
    int further = declared_unfilled(restored, spend_by("team", NS_PER_HOUR, NS_PER_DAY));
    int unknown = declared_unfilled(restored, spend_by("user", NS_PER_HOUR, 0));
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    assert_false(is_filling(restored, known, day_ns));
    assert_true(is_filling(restored, further, day_ns));
    assert_true(is_filling(restored, unknown, day_ns));
    buf_release(&saved);
    windows_close(w);
    windows_close(restored);
}

TEST(of_two_saved_sets_of_buckets_that_fit_one_is_taken)
{
    struct windows *w = opened(100, 1000), *restored = opened(100, 1000);
    struct buf saved = {0};

    declared(w, spend_by("team", NS_PER_HOUR, 0));
    add(w, "a", day_ns, 1, day_ns);
    declared(w, spend_by("team", NS_PER_HOUR, NS_PER_DAY)); /* keeps buckets of its own */
    add(w, "a", day_ns, 2, day_ns);
    windows_save(w, &saved);
    int id = declared_unfilled(restored, spend_by("team", NS_PER_HOUR, 0));
    assert_true(windows_load(restored, buf_str(&saved), NULL));
    assert_int_equal(filling(restored), 0);
    assert_int_equal(sum_of(restored, id, "a", day_ns), 3);
    buf_release(&saved);
    windows_close(w);
    windows_close(restored);
}

/* With a right seal, so that what lies behind it is tried. */
static void seal(struct buf *state)
{
    uint64_t hash = hash_of((struct str){state->at, state->size - 8}, 0);

    for (int i = 0; i < 8; i++)
        state->at[state->size - 8 + (size_t)i] = (char)(hash >> (8 * i));
}

static void expect_usable(struct windows *w, int id)
{
    struct window_stats stats;
    struct buf text = {0};

    sum_of(w, id, "a", day_ns);
    add(w, "a", day_ns, 1, day_ns);
    windows_digest(w, &text);
    windows_stats(w, &stats);
    assert_true(stats.cells > 0);
    buf_release(&text);
}

TEST(damaged_states_are_refused_or_read_and_never_do_harm)
{
    struct windows *w = opened(100, 10000);
    struct buf saved = {0}, altered = {0};
    struct story *s = told(3);
    uint32_t random = 5;
    int refused = 0;

    declared(w, spend_by("team", NS_PER_HOUR, 0));
    for (int i = 0; i < 200; i++)
        windows_apply(w, &s->records[i], s->now_ns[i]);
    windows_save(w, &saved);
    for (int round = 0; round < 3000; round++) {
        struct windows *victim = opened(100, 10000);
        int id = declared(victim, spend_by("team", NS_PER_HOUR, 0));
        size_t size = round % 3 ? saved.size : 12 + next(&random) % (saved.size - 12);
        buf_reset(&altered);
        buf_add(&altered, (struct str){saved.at, size});
        for (int i = 0; i <= round % 4; i++)
            altered.at[4 + next(&random) % (size - 4)] = (char)next(&random);
        if (round % 7)
            seal(&altered);
        struct err err = {0};
        if (!windows_load(victim, buf_str(&altered), &err)) {
            assert_int_equal(err.kind, ERR_INPUT);
            assert_int_equal(sum_of(victim, id, "a", day_ns), 0);
            assert_int_equal(filling(victim), 1);
            windows_begin(victim);
            refused++;
        }
        expect_usable(victim, id);
        windows_close(victim);
    }
    assert_in_range(refused, 1000, 3000);
    buf_release(&saved);
    buf_release(&altered);
    free(s);
    windows_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_equal_a_naive_sum_over_all_events),
        cmocka_unit_test(a_checkpoint_and_the_rows_after_it_give_the_same_windows),
        cmocka_unit_test(the_digest_tells_any_difference),
        cmocka_unit_test(what_a_checkpoint_does_not_know_stays_new),
        cmocka_unit_test(of_two_saved_sets_of_buckets_that_fit_one_is_taken),
        cmocka_unit_test(damaged_states_are_refused_or_read_and_never_do_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
