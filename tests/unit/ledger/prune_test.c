#include "look.h"

/* Ten commits of 250 rows, at 1000, 2000, ... */
static void write_commits(struct fixture *f)
{
    for (unsigned i = 0; i < 10; i++)
        fixture_write(f, i * 250 + 1, i * 250 + 250, (i + 1) * 1000);
}

static void put_opening(struct fixture *f, uint64_t seq)
{
    struct err err = {0};

    assert_true(ledger_begin(f->ledger, &err));
    assert_true(ledger_put_opening(f->ledger, seq, STR("sums"), &err));
    assert_true(ledger_commit(f->ledger, 20000, &err));
}

static bool prune(struct fixture *f, size_t rows_max)
{
    struct err err = {0};
    bool more;

    assert_true(ledger_begin(f->ledger, &err));
    if (!ledger_prune(f->ledger, rows_max, &more, &err))
        fail_msg("%s", err.text);
    assert_true(ledger_commit(f->ledger, 20000, &err));
    return more;
}

static uint64_t end_of(struct fixture *f, size_t rows_max, uint64_t last,
                       int64_t before_ns)
{
    struct err err = {0};
    uint64_t seq = 0;

    assert_true(
        ledger_prune_end(fixture_reader(f), rows_max, last, before_ns, &seq, &err));
    return seq;
}

static void reopen(struct fixture *f)
{
    struct err err = {0};

    ledger_close(f->ledger);
    if (!fixture_open_ledger(f, &err))
        fail_msg("%s", err.text);
}

TEST(a_prune_ends_with_a_commit)
{
    struct fixture f;

    fixture_open(&f);
    assert_int_equal(end_of(&f, 1000, INT64_MAX, INT64_MAX), 0);
    write_commits(&f);
    assert_int_equal(end_of(&f, 10000, INT64_MAX, 3001), 750);
    assert_int_equal(end_of(&f, 10000, INT64_MAX, 3000), 500);
    assert_int_equal(end_of(&f, 10000, 749, 3001), 500);
    assert_int_equal(end_of(&f, 1, INT64_MAX, 9001), 250); /* never a part of one */
    assert_int_equal(end_of(&f, 500, INT64_MAX, 9001), 500);
    assert_int_equal(end_of(&f, 10000, INT64_MAX, INT64_MAX), 2250); /* newest stays */
    put_opening(&f, 500);
    assert_int_equal(end_of(&f, 10000, INT64_MAX, 3000), 500);
    assert_int_equal(end_of(&f, 250, INT64_MAX, 9001), 750);
    fixture_close(&f);
}

TEST(no_scan_shows_what_the_opening_has)
{
    struct fixture f;
    struct ledger_stats stats;

    fixture_open(&f);
    write_commits(&f);
    put_opening(&f, 750);
    struct seen seen = scan(&f, 0, UINT64_MAX);
    assert_int_equal(seen.count, 2500 - 750);
    assert_int_equal(seen.first_seq, 751);
    assert_int_equal(scan(&f, 0, 700).count, 0);
    ledger_stats(f.ledger, &stats);
    assert_int_equal(stats.opening_seq, 750);
    assert_int_equal(stats.first_seq, 1);
    fixture_close(&f);
}

TEST(rows_go_in_steps_with_what_lies_beside_them)
{
    struct fixture f;
    struct ledger_stats before, after;
    int steps = 1;

    fixture_open(&f);
    write_commits(&f);
    ledger_stats(f.ledger, &before);
    put_opening(&f, 2250);
    while (prune(&f, 400))
        steps++;
    assert_int_equal(steps, 6);
    assert_false(prune(&f, 400));
    ledger_stats(f.ledger, &after);
    assert_int_equal(after.first_seq, 2251);
    assert_true(after.used_bytes < before.used_bytes);
    assert_sql(f.path, "SELECT min(seq) || ' ' || count(*) FROM entries", "2251 250");
    assert_sql(f.path, "SELECT min(first_seq) || ' ' || count(*) FROM commits", "2251 1");
    assert_sql(f.path, "SELECT count(*) FROM filters", "0");
    reopen(&f);
    assert_int_equal(ledger_last_seq(f.ledger), 2500);
    ledger_stats(f.ledger, &after);
    assert_int_equal(after.opening_seq, 2250);
    assert_int_equal(after.first_seq, 2251);
    fixture_close(&f);
}

static bool is_first(struct fixture *f, uint64_t batch)
{
    struct err err = {0};
    const uint64_t report[2] = {batch, batch};
    bool first;

    assert_true(ledger_begin(f->ledger, &err));
    assert_true(ledger_claim_batch(f->ledger, report, &first, &err));
    assert_true(ledger_commit(f->ledger, 20000, &err));
    return first;
}

TEST(a_batch_is_known_as_long_as_its_row_is_there)
{
    struct fixture f;

    fixture_open(&f);
    assert_true(is_first(&f, 1)); /* row 1 */
    write_commits(&f);
    assert_true(is_first(&f, 2)); /* row 2501 */
    fixture_write(&f, 2501, 2600, 11000);
    assert_false(is_first(&f, 1));
    put_opening(&f, 2500);
    while (prune(&f, 400))
        ;
    assert_true(is_first(&f, 1));
    assert_false(is_first(&f, 2));
    fixture_close(&f);
}

TEST(an_opening_that_is_rolled_back_is_none)
{
    struct fixture f;
    struct err err = {0};
    struct ledger_stats stats;

    fixture_open(&f);
    write_commits(&f);
    assert_true(ledger_begin(f.ledger, &err));
    assert_true(ledger_put_opening(f.ledger, 750, STR("sums"), &err));
    ledger_rollback(f.ledger);
    ledger_stats(f.ledger, &stats);
    assert_int_equal(stats.opening_seq, 0);
    assert_int_equal(scan(&f, 0, UINT64_MAX).count, 2500);
    assert_false(prune(&f, 400));
    assert_sql(f.path, "SELECT count(*) FROM entries", "2500");
    fixture_close(&f);
}

/* With an id of its own, which filters find. */
static void write_named(struct fixture *f, unsigned first, unsigned last)
{
    struct record r;
    struct err err = {0};
    char id[24];

    assert_true(ledger_begin(f->ledger, &err));
    for (unsigned i = first; i <= last; i++) {
        record_init(&r);
        snprintf(id, sizeof id, "call-%u", i);
        r.ev.text[TEXT_ID] = str_of(id);
        assert_true(ledger_append(f->ledger, &r, &err));
    }
    assert_true(ledger_commit(f->ledger, first, &err));
}

static uint64_t found(struct fixture *f, const char *id)
{
    struct seen seen = {0};
    struct err err = {0};

    assert_true(ledger_find(fixture_reader(f), str_of(id), 10, note, &seen, &err));
    return seen.count == 1 ? seen.first_seq : 0;
}

TEST(requests_are_found_around_a_gap_in_the_running_block)
{
    struct fixture f;

    fixture_open(&f);
    write_named(&f, 1, 1500);
    write_named(&f, 1501, 1510);
    put_opening(&f, 1500);
    assert_false(prune(&f, 2000));
    reopen(&f);
    assert_int_equal(found(&f, "call-1505"), 1505);
    write_named(&f, 1511, 2100); /* a block from 1 on is full at once */
    reopen(&f);
    write_named(&f, 2101, 3100);
    assert_sql(f.path, "SELECT group_concat(last_seq) FROM filters", "1511,2535");
    assert_int_equal(found(&f, "call-7"), 0);
    assert_int_equal(found(&f, "call-1505"), 1505);
    assert_int_equal(found(&f, "call-2048"), 2048);
    assert_int_equal(found(&f, "call-2049"), 2049);
    assert_int_equal(found(&f, "call-3100"), 3100);
    fixture_close(&f);
}

TEST(a_reader_that_holds_sees_one_moment)
{
    struct fixture f;
    struct err err = {0};

    fixture_open(&f);
    write_commits(&f);
    assert_true(ledger_reader_hold(fixture_reader(&f), &err));
    put_opening(&f, 2250);
    while (prune(&f, 1000))
        ;
    fixture_write(&f, 1, 1, 30000);
    assert_int_equal(scan(&f, 0, UINT64_MAX).count, 2500);
    assert_int_equal(ledger_reader_last_seq(f.reader), 2500);
    assert_int_equal(end_of(&f, 10000, INT64_MAX, 3001), 750);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prune_ends_with_a_commit),
        cmocka_unit_test(no_scan_shows_what_the_opening_has),
        cmocka_unit_test(rows_go_in_steps_with_what_lies_beside_them),
        cmocka_unit_test(a_batch_is_known_as_long_as_its_row_is_there),
        cmocka_unit_test(an_opening_that_is_rolled_back_is_none),
        cmocka_unit_test(requests_are_found_around_a_gap_in_the_running_block),
        cmocka_unit_test(a_reader_that_holds_sees_one_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
