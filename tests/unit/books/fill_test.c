/* The history of new windows: read in steps, while commits go on. */
#include "support.h"

#include <pthread.h>

enum { ROWS = 6000, BATCH = 500 };

static void commit_many(struct fixture *f, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i += BATCH)
        assert_int_equal(commit(f, i, i + BATCH - 1), BATCH);
}

/* Of the charges 1 to `last`, as make_record has them. */
static int64_t all_charges(unsigned last)
{
    return (int64_t)last * 1000 + (int64_t)last * (last + 1) / 2;
}

static size_t filling(struct fixture *f)
{
    struct books_stats stats;

    books_stats(f->books, &stats);
    return stats.windows.filling;
}

/* Opened with one window, then many rows, then a second window. */
static void declare_late(struct fixture *f)
{
    struct err err = {0};

    fixture_make(f);
    fixture_open(f, 1);
    assert_int_equal(filling(f), 0);
    commit_many(f, 1, ROWS);
    if (!fixture_declare(f, 2, &err))
        fail_msg("%s", err.text);
}

static void fill_all(struct fixture *f)
{
    struct err err = {0};
    bool more = true;

    while (more)
        if (!books_fill(f->books, &more, &err))
            fail_msg("%s", err.text);
}

TEST(a_new_window_says_nothing_until_its_history_is_read)
{
    struct fixture f;

    declare_late(&f);
    assert_int_equal(filling(&f), 1);
    assert_int_equal(window_total(&f, 1), 0);
    assert_int_equal(window_total(&f, 0), all_charges(ROWS));
    commit_many(&f, ROWS + 1, ROWS + BATCH);
    assert_int_equal(window_total(&f, 1), 0);
    fill_all(&f);
    assert_int_equal(filling(&f), 0);
    assert_int_equal(window_total(&f, 1), all_charges(ROWS + BATCH));
    commit_many(&f, ROWS + BATCH + 1, ROWS + 2 * BATCH);
    assert_int_equal(window_total(&f, 1), all_charges(ROWS + 2 * BATCH));
    assert_int_equal(window_total(&f, 0), all_charges(ROWS + 2 * BATCH));
    fixture_remove(&f);
}

TEST(what_was_filled_is_in_the_last_checkpoint_though_no_row_came)
{
    struct fixture f;

    declare_late(&f);
    fill_all(&f);
    fixture_close(&f);
    fixture_open(&f, 2);
    assert_int_equal(filling(&f), 0);
    assert_int_equal(window_total(&f, 1), all_charges(ROWS));
    fixture_remove(&f);
}

TEST(a_start_does_not_wait_for_windows_that_the_checkpoint_lacks)
{
    struct fixture f;

    declare_late(&f);
    fixture_close(&f);
    fixture_open(&f, 2);
    assert_int_equal(filling(&f), 1);
    assert_int_equal(window_total(&f, 0), all_charges(ROWS));
    fill_all(&f);
    assert_int_equal(window_total(&f, 1), all_charges(ROWS));
    fixture_remove(&f);
}

TEST(a_step_that_fails_is_counted_and_goes_on_where_it_stopped)
{
    struct fixture f;
    struct books_stats stats;
    struct err err = {0};
    bool more;

    declare_late(&f);
    run_sql(&f, "UPDATE entries SET detail = 'x' || detail WHERE seq = 4000");
    for (int i = 0; i < 3; i++)
        assert_false(books_fill(f.books, &more, &err));
    books_stats(f.books, &stats);
    assert_int_equal(stats.failed_fills, 3);
    assert_int_equal(filling(&f), 1);
    run_sql(&f, "UPDATE entries SET detail = substr(detail, 2) WHERE seq = 4000");
    fill_all(&f);
    assert_int_equal(window_total(&f, 1), all_charges(ROWS));
    fixture_remove(&f);
}

static void *keep_committing(void *arg)
{
    commit_many(arg, ROWS + 1, 3 * ROWS);
    return NULL;
}

TEST(rows_that_come_meanwhile_are_counted_once)
{
    struct fixture f;
    pthread_t committer;

    declare_late(&f);
    assert_int_equal(pthread_create(&committer, NULL, keep_committing, &f), 0);
    fill_all(&f);
    assert_int_equal(filling(&f), 0);
    pthread_join(committer, NULL);
    assert_int_equal(window_total(&f, 0), all_charges(3 * ROWS));
    assert_int_equal(window_total(&f, 1), all_charges(3 * ROWS));
    fixture_remove(&f);
}

TEST(a_window_that_is_declared_while_another_is_filled_comes_next)
{
    struct fixture f;
    struct err err = {0};
    bool more;

    declare_late(&f);
    assert_true(books_fill(f.books, &more, &err));
    assert_true(more);
    assert_true(fixture_declare(&f, 1, &err));
    assert_true(fixture_declare(&f, 2, &err));
    assert_int_equal(filling(&f), 1);
    fill_all(&f);
    assert_int_equal(filling(&f), 0);
    assert_int_equal(window_total(&f, 1), all_charges(ROWS));
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_window_says_nothing_until_its_history_is_read),
        cmocka_unit_test(what_was_filled_is_in_the_last_checkpoint_though_no_row_came),
        cmocka_unit_test(a_start_does_not_wait_for_windows_that_the_checkpoint_lacks),
        cmocka_unit_test(a_step_that_fails_is_counted_and_goes_on_where_it_stopped),
        cmocka_unit_test(rows_that_come_meanwhile_are_counted_once),
        cmocka_unit_test(a_window_that_is_declared_while_another_is_filled_comes_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
