/* Rollups beside commits, and what a kill in the middle leaves. */
#include "rolled.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

enum { ROWS = 20000, A_COMMIT = 500 };

/* A workflow of its own for each row, so that ranges end because of their groups. */
static void write_rows(struct fixture *f, unsigned first, unsigned last)
{
    struct ledger *l;
    struct err err = {0};
    char workflow[24];

    assert_true(ledger_open(&l, &f->options.ledger, &err));
    for (unsigned i = first; i <= last; i += A_COMMIT) {
        struct made *m = make(i, i + A_COMMIT - 1, timestamp_now());
        assert_true(ledger_begin(l, &err));
        for (size_t k = 0; k < m->batch.count; k++) {
            snprintf(workflow, sizeof workflow, "workflow-%zu", i + k);
            m->list[k]->ev.text[TEXT_WORKFLOW_ID] = str_of(workflow);
            assert_true(ledger_append(l, m->list[k], &err));
        }
        assert_true(ledger_commit(l, timestamp_now(), &err));
        free(m);
    }
    ledger_close(l);
}

static uint64_t assert_whole(struct fixture *f, unsigned rows)
{
    struct ledger_reader *reader;
    struct err err = {0};

    assert_true(ledger_reader_open(&reader, f->path, &no_labels, &err));
    uint64_t batches = assert_spend(reader, rows);
    ledger_reader_close(reader);
    return batches;
}

TEST(rows_are_rolled_up_until_few_are_left)
{
    struct fixture f;
    struct err err = {0};
    bool more = true;

    fixture_make(&f);
    write_rows(&f, 1, ROWS);
    fixture_open(&f, 1);
    while (more)
        if (!books_roll_up(f.books, &more, &err))
            fail_msg("%s", err.text);
    assert_true(assert_whole(&f, ROWS) > 0);
    fixture_close(&f);
    write_rows(&f, ROWS + 1, 2 * ROWS);
    fixture_open(&f, 1);
    for (more = true; more;)
        assert_true(books_roll_up(f.books, &more, &err));
    assert_true(assert_whole(&f, 2 * ROWS) >= 5);
    fixture_remove(&f);
}

TEST(a_ledger_of_a_version_without_rollups_gets_them_from_its_first_row)
{
    struct fixture f;
    struct books_stats stats;
    struct err err = {0};
    bool more = true;

    fixture_make(&f);
    write_rows(&f, 1, ROWS);
    run_sql(&f, "DROP VIEW spend; DROP TABLE rollups; DROP TABLE rollup_batches;"
                "DROP TABLE provider_batches;"
                "ALTER TABLE alerts DROP COLUMN policy_version;"
                "ALTER TABLE alerts DROP COLUMN generation;"
                "UPDATE meta SET value = 2 WHERE key = 'schema_version'");
    fixture_open(&f, 1);
    books_stats(f.books, &stats);
    assert_int_equal(stats.unrolled_rows, ROWS);
    while (more)
        if (!books_roll_up(f.books, &more, &err))
            fail_msg("%s", err.text);
    books_stats(f.books, &stats);
    assert_true(stats.unrolled_rows < ROWS);
    assert_true(assert_whole(&f, ROWS) > 0);
    fixture_remove(&f);
}

/* One step, so that each round leaves the next its own; tells whether more is left.
 * Never comes back. */
static void roll_up_and_tell(struct fixture *f, int told)
{
    struct err err = {0};
    bool more;

    fixture_open(f, 1);
    if (!books_roll_up(f->books, &more, &err) || write(told, more ? "m" : "e", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

/* Kills it after `wait_ms`, or as soon as it told: whichever comes first. Gives whether
 * more is left to roll up, as far as it could tell. */
static bool roll_up_and_kill(struct fixture *f, int wait_ms)
{
    int ends[2], status;
    char left = 'm';

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        roll_up_and_tell(f, ends[1]);
    close(ends[1]);
    struct pollfd step = {.fd = ends[0], .events = POLLIN};
    if (poll(&step, 1, wait_ms) == 1)
        assert_int_equal(read(ends[0], &left, 1), 1);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    close(ends[0]);
    return left == 'm';
}

/* The wait grows until a step fits into it, on whatever machine. */
TEST(a_kill_at_any_moment_leaves_every_row_counted_once)
{
    struct fixture f;
    uint64_t batches = 0, before = 0;
    unsigned rows = 2 * ROWS, grew = 0;
    int wait_ms = 10;

    fixture_make(&f);
    write_rows(&f, 1, rows);
    for (bool more = true; more; wait_ms += wait_ms / 4) {
        more = roll_up_and_kill(&f, wait_ms);
        batches = assert_whole(&f, rows);
        assert_true(batches >= before);
        grew += batches > before;
        before = batches;
    }
    assert_true(grew > 1);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_rolled_up_until_few_are_left),
        cmocka_unit_test(
            a_ledger_of_a_version_without_rollups_gets_them_from_its_first_row),
        cmocka_unit_test(a_kill_at_any_moment_leaves_every_row_counted_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
