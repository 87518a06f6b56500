#include "support.h"

#include "spendwarden/books_watch.h"

/* Remembers what it was told; wants a row after `wants_after` records. */
struct watching {
    uint64_t seqs[64];
    size_t count, wants_after, asked;
    uint32_t number;
};

static void note_committed(void *ctx, const struct record *r)
{
    struct watching *w = ctx;

    w->seqs[w->count++] = r->seq;
}

static bool wants_row(void *ctx, struct generation_row *row)
{
    struct watching *w = ctx;

    w->asked++;
    *row = (struct generation_row){STR("c"), STR("p"),       STR("d"),
                                   STR("r"), STR("[\"p\"]"), 1};
    return w->wants_after && w->count >= w->wants_after && !w->number;
}

static void note_changed(void *ctx, uint32_t number)
{
    struct watching *w = ctx;

    w->number = number;
}

static void watched(struct fixture *f, struct watching *w)
{
    struct books_watcher watcher = {w, note_committed, wants_row, note_changed};

    *w = (struct watching){0};
    fixture_make(f);
    fixture_open(f, 1);
    books_watch(f->books, &watcher);
}

TEST(a_watcher_is_told_of_each_record_once_and_in_order)
{
    struct fixture f;
    struct watching w;

    watched(&f, &w);
    commit(&f, 1, 5);
    commit(&f, 3, 8);
    assert_int_equal(w.count, 8);
    for (size_t i = 0; i < w.count; i++)
        assert_int_equal(w.seqs[i], i + 1);
    assert_int_equal(w.asked, 2);
    fixture_remove(&f);
}

TEST(of_a_commit_that_fails_it_is_not_told)
{
    struct made *m = make(1, 5, timestamp_now());
    struct fixture f;
    struct watching w;

    watched(&f, &w);
    run_sql(&f, "CREATE TRIGGER broken BEFORE INSERT ON entries WHEN new.seq > 3"
                " BEGIN SELECT raise(ABORT, 'broken'); END");
    assert_false(books_commit(f.books, &m->batch, NULL));
    assert_int_equal(w.count + w.asked, 0);
    free(m);
    fixture_remove(&f);
}

TEST(what_it_wants_is_a_row_behind_the_commit)
{
    struct fixture f;
    struct watching w;

    watched(&f, &w);
    w.wants_after = 7;
    commit(&f, 1, 5);
    assert_int_equal(w.number, 0);
    commit(&f, 6, 10);
    assert_int_equal(w.number, 1);
    commit(&f, 11, 12);
    assert_int_equal(sql_number(&f, "SELECT last_seq FROM generations WHERE number = 1"
                                    " AND disabled = '[\"p\"]'"),
                     10);
    assert_int_equal(sql_number(&f, "SELECT count(*) FROM generations"), 1);
    fixture_remove(&f);
}

TEST(a_row_that_cannot_be_written_waits_and_the_commit_stands)
{
    struct fixture f;
    struct watching w;
    struct err err = {0};

    watched(&f, &w);
    w.wants_after = 1;
    run_sql(&f, "CREATE TRIGGER broken BEFORE INSERT ON generations"
                " BEGIN SELECT raise(ABORT, 'broken'); END");
    assert_int_equal(commit(&f, 1, 5), 5);
    assert_false(books_settle(f.books, &err));
    assert_int_equal(w.number, 0);
    assert_int_equal(sql_number(&f, "SELECT count(*) FROM entries"), 5);
    run_sql(&f, "DROP TRIGGER broken");
    assert_true(books_settle(f.books, &err));
    assert_int_equal(w.number, 1);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_watcher_is_told_of_each_record_once_and_in_order),
        cmocka_unit_test(of_a_commit_that_fails_it_is_not_told),
        cmocka_unit_test(what_it_wants_is_a_row_behind_the_commit),
        cmocka_unit_test(a_row_that_cannot_be_written_waits_and_the_commit_stands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
