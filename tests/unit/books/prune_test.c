/* Rows of 200 days, written by the ledger itself with the times of then. */
#include "rolled.h"

#include <signal.h>
#include <sys/wait.h>

enum { DAYS = 200, A_DAY = 100 };

static const struct retention days_90 = {90 * NS_PER_DAY, 0};

/* A_DAY rows a day in two commits, with a tick, the oldest first; today's are the last.
 */
static void write_history(struct fixture *f)
{
    struct ledger *l;
    struct err err = {0};
    int64_t now = timestamp_now();
    unsigned number = 1;

    assert_true(ledger_open(&l, &f->options.ledger, &err));
    for (int half = DAYS * 2; half-- > 0; number += A_DAY / 2) {
        int64_t at = now - half * (NS_PER_DAY / 2) - NS_PER_MINUTE;
        struct made *m = make(number, number + A_DAY / 2 - 1, at);
        assert_true(ledger_begin(l, &err) && ledger_put_tick(l, at, &err));
        for (size_t i = 0; i < m->batch.count; i++)
            assert_true(ledger_append(l, m->list[i], &err));
        assert_true(ledger_commit(l, at, &err));
        free(m);
    }
    ledger_close(l);
}

/* Opened with a checkpoint behind all rows. */
static void open_history(struct fixture *f)
{
    fixture_make(f);
    write_history(f);
    fixture_open(f, 2);
    fixture_close(f);
    fixture_open(f, 2);
}

static uint64_t prune_all(struct fixture *f, struct retention keep)
{
    struct books_stats stats = {.last_seq = 0};
    struct err err = {0};
    uint64_t before;

    do {
        before = stats.opening_rows;
        if (!books_prune(f->books, &keep, &err))
            fail_msg("%s", err.text);
        books_stats(f->books, &stats);
    } while (stats.opening_rows != before);
    return stats.opening_rows;
}

struct sum {
    uint64_t first, last, rows;
    int64_t charged;
    struct metrics *metrics;
};

static bool add(void *ctx, const struct record *r, struct err *err)
{
    struct sum *s = ctx;

    (void)err;
    if (s->rows++ == 0)
        s->first = r->seq;
    s->last = r->seq;
    s->charged += r->charge.charge.nanousd;
    metrics_apply(s->metrics, r);
    return true;
}

/* Every row that was ever written is in the opening or shown by a scan, and both together
 * are what the checkpoint counted. */
static void assert_agreement(struct fixture *f, uint64_t rows)
{
    struct ledger_reader *reader;
    struct buf state = {0}, books_state = {0}, counted = {0}, saved = {0};
    struct sum sum = {0}, check = {0};
    struct opening opening;
    struct checkpoint parts;
    struct err err = {0};
    uint64_t pruned, seq;

    assert_true(ledger_reader_open(&reader, f->path, &no_labels, &err) &&
                ledger_reader_hold(reader, &err));
    assert_true(metrics_open(&sum.metrics, &f->options.metrics, &err) &&
                metrics_open(&check.metrics, &f->options.metrics, &err));
    assert_true(ledger_read_state(reader, STR("opening"), &state, &pruned, &err));
    assert_true(ledger_read_state(reader, STR("books"), &books_state, &seq, &err));
    assert_true(opening_read(&opening, buf_str(&state)));
    assert_true(checkpoint_read(&parts, buf_str(&books_state)));
    opening_restore(sum.metrics, &opening, parts.metrics);
    assert_true(ledger_scan(reader, 0, seq, add, &sum, &err));
    assert_true(metrics_load(check.metrics, parts.metrics, &err));
    metrics_digest(sum.metrics, true, &counted);
    metrics_digest(check.metrics, true, &saved);
    assert_same_text(&counted, &saved);
    assert_int_equal(sum.first, pruned + 1);
    assert_int_equal(opening.rows, pruned);
    assert_int_equal(sum.rows + pruned, rows);
    assert_int_equal(opening.charged.nanousd + sum.charged,
                     (int64_t)(rows * 1000 + rows * (rows + 1) / 2));
    assert_spend(reader, rows);
    metrics_close(sum.metrics);
    metrics_close(check.metrics);
    buf_release(&state);
    buf_release(&books_state);
    ledger_reader_close(reader);
}

TEST(what_is_pruned_stays_in_the_counters)
{
    struct fixture f;
    struct books_stats stats;

    open_history(&f);
    struct buf before = exposition(&f);
    int64_t month = window_total(&f, 1);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 90) * A_DAY);
    struct buf after = exposition(&f);
    assert_same_text(&before, &after);
    assert_agreement(&f, DAYS * A_DAY);
    books_stats(f.books, &stats);
    assert_int_equal(stats.first_seq, (DAYS - 90) * A_DAY + 1);
    assert_int_equal(sql_number(&f, "SELECT min(seq) FROM entries"), stats.first_seq);
    assert_int_equal(sql_number(&f, "SELECT min(first_seq) FROM commits"),
                     stats.first_seq);
    assert_in_range(sql_number(&f, "SELECT min(last_seq) FROM ticks"),
                    stats.first_seq - A_DAY, stats.first_seq);
    assert_int_equal(commit(&f, DAYS * A_DAY + 1, DAYS * A_DAY + 10), 10);

    fixture_close(&f);
    assert_agreement(&f, DAYS * A_DAY + 10);
    fixture_open(&f, 2);
    assert_int_equal(window_total(&f, 1), month + 10 * 1000 + 10 * DAYS * A_DAY + 55);
    fixture_remove(&f);
}

TEST(a_second_prune_adds_to_the_opening_of_the_first)
{
    struct fixture f;

    open_history(&f);
    assert_int_equal(prune_all(&f, (struct retention){150 * NS_PER_DAY, 0}), 50 * A_DAY);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 90) * A_DAY);
    assert_agreement(&f, DAYS * A_DAY);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 90) * A_DAY);
    fixture_remove(&f);
}

TEST(rows_of_63_days_stay_whatever_is_asked_for)
{
    struct fixture f;

    open_history(&f);
    assert_int_equal(prune_all(&f, (struct retention){NS_PER_DAY, 0}),
                     (DAYS - 63) * A_DAY);
    assert_int_equal(prune_all(&f, (struct retention){0, 1}), (DAYS - 63) * A_DAY);
    assert_agreement(&f, DAYS * A_DAY);
    fixture_remove(&f);
}

TEST(the_oldest_rows_go_while_the_file_is_too_large)
{
    struct fixture f;
    struct books_stats stats;

    open_history(&f);
    books_stats(f.books, &stats);
    int64_t most = stats.ledger.used_bytes * 4 / 5;
    uint64_t pruned = prune_all(&f, (struct retention){0, most});
    books_stats(f.books, &stats);
    assert_in_range(stats.ledger.used_bytes, most / 2, most);
    assert_in_range(pruned, DAYS * A_DAY / 10, DAYS * A_DAY / 2);
    assert_agreement(&f, DAYS * A_DAY);
    fixture_remove(&f);
}

TEST(rows_after_the_last_checkpoint_stay)
{
    struct fixture f;

    fixture_make(&f);
    write_history(&f);
    fixture_open(&f, 1);
    assert_int_equal(prune_all(&f, days_90), 0);
    fixture_remove(&f);
}

TEST(a_ledger_that_slept_keeps_what_its_checkpoint_was_about)
{
    struct fixture f;
    char sql[128];

    open_history(&f);
    fixture_close(&f);
    /* The checkpoint's time is its third word: set it back by 100 days. */
    int64_t then = timestamp_now() - 100 * NS_PER_DAY;
    char bytes[17];
    for (int i = 0; i < 8; i++)
        snprintf(bytes + 2 * i, 3, "%02x", (unsigned)(then >> 8 * i & 0xFF));
    snprintf(sql, sizeof sql,
             "UPDATE states SET blob = substr(blob, 1, 8) || x'%s' || substr(blob, 17)",
             bytes);
    run_sql(&f, sql);
    fixture_open(&f, 2);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 190) * A_DAY);
    fixture_remove(&f);
}

TEST(a_kill_between_opening_and_deletion_loses_and_doubles_nothing)
{
    struct fixture f;
    struct err err = {0};
    struct retention keep = days_90;
    int status;

    open_history(&f);
    struct buf before = exposition(&f);
    fixture_close(&f);
    /* Deletion fails, so that this process ends with rows that the opening has. */
    run_sql(&f, "CREATE TRIGGER broken BEFORE DELETE ON entries WHEN old.seq > 3000"
                " BEGIN SELECT raise(ABORT, 'broken'); END");
    pid_t child = fork();
    if (child == 0) {
        fixture_open(&f, 2);
        if (!books_prune(f.books, &keep, &err))
            raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    run_sql(&f, "DROP TRIGGER broken");
    assert_int_equal(sql_number(&f, "SELECT min(seq) FROM entries"), 3001);
    assert_agreement(&f, DAYS * A_DAY);

    fixture_open(&f, 2);
    struct buf after = exposition(&f);
    assert_same_text(&before, &after);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 90) * A_DAY);
    assert_int_equal(sql_number(&f, "SELECT min(seq) FROM entries"),
                     (DAYS - 90) * A_DAY + 1);
    assert_agreement(&f, DAYS * A_DAY);
    fixture_remove(&f);
}

TEST(with_other_labels_counters_begin_after_the_opening)
{
    struct fixture f;
    struct books_stats stats;

    open_history(&f);
    prune_all(&f, (struct retention){150 * NS_PER_DAY, 0});
    fixture_close(&f);
    f.options.metrics.labels[1] = field("response_model");
    fixture_open(&f, 2);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 90) * A_DAY);
    commit(&f, DAYS * A_DAY + 1, DAYS * A_DAY + 1);
    fixture_close(&f);
    assert_agreement(&f, DAYS * A_DAY + 1);
    fixture_open(&f, 2);
    assert_int_equal(prune_all(&f, days_90), (DAYS - 90) * A_DAY);
    assert_agreement(&f, DAYS * A_DAY + 1);
    books_stats(f.books, &stats);
    assert_int_equal(stats.opening_rows, (DAYS - 90) * A_DAY);
    fixture_remove(&f);
}

TEST(a_damaged_opening_is_an_error)
{
    struct fixture f;
    struct err err = {0};
    struct retention keep = days_90;

    open_history(&f);
    prune_all(&f, (struct retention){150 * NS_PER_DAY, 0});
    run_sql(&f, "UPDATE states SET blob = x'0011' WHERE name = 'opening'");
    assert_false(books_prune(f.books, &keep, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, f.path));
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_pruned_stays_in_the_counters),
        cmocka_unit_test(a_second_prune_adds_to_the_opening_of_the_first),
        cmocka_unit_test(rows_of_63_days_stay_whatever_is_asked_for),
        cmocka_unit_test(the_oldest_rows_go_while_the_file_is_too_large),
        cmocka_unit_test(rows_after_the_last_checkpoint_stay),
        cmocka_unit_test(a_ledger_that_slept_keeps_what_its_checkpoint_was_about),
        cmocka_unit_test(a_kill_between_opening_and_deletion_loses_and_doubles_nothing),
        cmocka_unit_test(with_other_labels_counters_begin_after_the_opening),
        cmocka_unit_test(a_damaged_opening_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
