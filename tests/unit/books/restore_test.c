#include "support.h"

#include <signal.h>
#include <sys/wait.h>

TEST(what_was_closed_comes_back)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 2);
    commit(&f, 1, 100);
    struct buf before = exposition(&f);
    fixture_close(&f);
    fixture_open(&f, 2);
    struct buf after = exposition(&f);
    assert_same_text(&before, &after);
    assert_int_equal(window_total(&f, 1), 100 * 1000 + 5050);
    assert_int_equal(commit(&f, 50, 101), 1);
    fixture_remove(&f);
}

/* Two commits after the checkpoint of the first life, then a kill. */
static void live_and_be_killed(struct fixture *f)
{
    fixture_open(f, 2);
    commit(f, 101, 150);
    commit(f, 151, 200);
    raise(SIGKILL);
}

TEST(after_a_kill_the_rows_after_the_checkpoint_are_counted)
{
    struct fixture f;
    int status;

    fixture_make(&f);
    fixture_open(&f, 2);
    commit(&f, 1, 100);
    fixture_close(&f);
    pid_t child = fork();
    if (child == 0)
        live_and_be_killed(&f);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));

    fixture_open(&f, 2);
    assert_int_equal(commit(&f, 1, 200), 0);
    struct buf restored = exposition(&f);
    assert_int_equal(window_total(&f, 0), 200 * 1000 + 20100);
    fixture_remove(&f);

    fixture_make(&f);
    fixture_open(&f, 2);
    commit(&f, 1, 200);
    struct buf straight = exposition(&f);
    assert_same_text(&restored, &straight);
    fixture_remove(&f);
}

TEST(a_new_window_is_filled_from_the_rows)
{
    struct fixture f;
    struct err err = {0};

    fixture_make(&f);
    fixture_open(&f, 1);
    commit(&f, 1, 100);
    assert_true(fixture_declare(&f, 2, &err));
    assert_int_equal(window_total(&f, 1), 100 * 1000 + 5050);
    fixture_close(&f);
    fixture_open(&f, 1);
    fixture_close(&f);
    fixture_open(&f, 2);
    assert_int_equal(window_total(&f, 1), 100 * 1000 + 5050);
    fixture_remove(&f);
}

TEST(a_damaged_checkpoint_is_an_error_with_the_ledgers_name)
{
    struct fixture f;
    struct err err = {0};

    fixture_make(&f);
    fixture_open(&f, 1);
    commit(&f, 1, 10);
    fixture_close(&f);
    run_sql(&f, "UPDATE states SET blob = x'00112233' WHERE name = 'books'");
    assert_true(books_open(&f.books, &f.options, &err));
    assert_false(fixture_declare(&f, 1, &err));
    assert_int_equal(err.kind, ERR_INPUT);
    assert_non_null(strstr(err.text, f.path));
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_closed_comes_back),
        cmocka_unit_test(after_a_kill_the_rows_after_the_checkpoint_are_counted),
        cmocka_unit_test(a_new_window_is_filled_from_the_rows),
        cmocka_unit_test(a_damaged_checkpoint_is_an_error_with_the_ledgers_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
