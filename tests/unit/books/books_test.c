#include "support.h"

#include <pthread.h>

TEST(a_report_counts_once)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    assert_int_equal(commit(&f, 1, 10), 10);
    assert_int_equal(commit(&f, 6, 15), 5);
    struct buf text = exposition(&f);
    buf_byte(&text, '\0');
    assert_non_null(strstr(text.at, "test_calls_total{kind=\"even\"} 7\n"));
    buf_release(&text);
    assert_int_equal(window_total(&f, 0), 15 * 1000 + 120);
    fixture_remove(&f);
}

TEST(a_failed_commit_leaves_everything_as_it_was)
{
    struct made *m;
    struct fixture f;
    struct err err = {0};
    struct books_stats stats;

    fixture_make(&f);
    fixture_open(&f, 1);
    commit(&f, 1, 10);
    struct buf before = exposition(&f);
    run_sql(&f, "CREATE TRIGGER broken BEFORE INSERT ON entries WHEN new.seq > 15"
                " BEGIN SELECT raise(ABORT, 'broken'); END");
    m = make(11, 20, timestamp_now());
    assert_false(books_commit(f.books, &m->batch, &err));
    struct buf after = exposition(&f);
    assert_same_text(&before, &after);
    books_stats(f.books, &stats);
    assert_false(stats.writable);
    assert_int_equal(stats.failed_commits, 1);
    assert_int_equal(stats.last_seq, 10);
    assert_int_equal(stats.dedupe_keys, 10);

    run_sql(&f, "DROP TRIGGER broken");
    assert_int_equal(commit(&f, 11, 20), 10);
    books_stats(f.books, &stats);
    assert_true(stats.writable);
    free(m);
    fixture_remove(&f);
}

struct sender {
    struct fixture *fixture;
    unsigned first;
    size_t accepted;
};

/* 40 bodies of 5; every fifth one is a repetition of the one before. */
static void *send_all(void *arg)
{
    struct sender *s = arg;

    for (unsigned i = 0; i < 40; i++) {
        unsigned body = i % 5 == 4 ? i - 1 : i;
        unsigned first = s->first + body * 5;
        s->accepted += commit(s->fixture, first, first + 4);
    }
    return NULL;
}

TEST(threads_commit_together_and_each_learns_its_own)
{
    enum { THREADS = 4 };
    struct sender senders[THREADS];
    pthread_t threads[THREADS];
    struct fixture f;
    struct books_stats stats;

    fixture_make(&f);
    fixture_open(&f, 1);
    for (unsigned i = 0; i < THREADS; i++) {
        senders[i] = (struct sender){&f, 1 + i * 1000, 0};
        pthread_create(&threads[i], NULL, send_all, &senders[i]);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(senders[i].accepted, 32 * 5);
    }
    books_stats(f.books, &stats);
    assert_int_equal(stats.last_seq, THREADS * 32 * 5);
    assert_int_equal(sql_number(&f, "SELECT sum(charge_nanousd) FROM entries"),
                     window_total(&f, 0));
    fixture_remove(&f);
}

TEST(names_of_strangers_are_hidden_until_they_have_paid)
{
    struct fixture f;
    struct err err = {0};
    struct made *m = make(1, 3, timestamp_now());

    fixture_make(&f);
    fixture_open(&f, 1);
    for (size_t i = 0; i < 3; i++) {
        m->records[i].ev.text[TEXT_REQUESTED_MODEL] = STR("invented");
        m->records[i].ev.outcome = OUTCOME_FAILURE;
        if (i == 1)
            continue;
        m->records[i].charge.charge.nanousd = 0;
        m->records[i].ev.count[COUNT_INPUT_TOKENS] = -1;
    }
    assert_true(books_commit(f.books, &m->batch, &err));
    assert_int_equal(sql_number(&f, "SELECT count(*) FROM requests WHERE seq = 1 AND"
                                    " requested_model = '__other__'"),
                     1);
    assert_int_equal(sql_number(&f, "SELECT count(*) FROM requests WHERE seq > 1 AND"
                                    " requested_model = 'invented'"),
                     2);
    free(m);
    fixture_remove(&f);
}

TEST(what_a_stranger_says_of_itself_is_hidden_too)
{
    struct fixture f;
    struct err err = {0};
    struct made *m = make(1, 2, timestamp_now());
    struct gateway said[2];

    fixture_make(&f);
    fixture_open(&f, 1);
    for (size_t i = 0; i < 2; i++) {
        said[i] = (struct gateway){.limit_count = 1, .limits = {{.id = STR("team-a")}}};
        said[i].text[GATEWAY_MODEL] = STR("invented");
        said[i].text[GATEWAY_USER_AGENT] = STR("curl/9");
        m->records[i].ev.gateway = &said[i];
        m->records[i].ev.text[TEXT_REQUESTED_MODEL] = STR("invented");
        m->records[i].ev.text[TEXT_HASHED_API_KEY] = i ? STR("k1") : STR("wrong");
        m->records[i].ev.outcome = i ? OUTCOME_SUCCESS : OUTCOME_FAILURE;
    }
    m->records[0].charge.charge.nanousd = 0;
    m->records[0].ev.count[COUNT_INPUT_TOKENS] = -1;
    assert_true(books_commit(f.books, &m->batch, &err));
    assert_true(str_eq(said[0].text[GATEWAY_MODEL], STR("__other__")));
    assert_true(str_eq(said[0].text[GATEWAY_USER_AGENT], STR("__other__")));
    assert_true(str_eq(said[0].text[GATEWAY_CLIENT_IP], STR("")));
    assert_int_equal(said[0].limit_count, 0);
    assert_true(str_eq(said[1].text[GATEWAY_USER_AGENT], STR("curl/9")));
    assert_int_equal(said[1].limit_count, 1);
    free(m);
    fixture_remove(&f);
}

TEST(a_model_that_the_gateway_routed_is_none_of_a_stranger)
{
    struct fixture f;
    struct err err = {0};
    struct made *m = make(1, 3, timestamp_now());
    struct gateway routed = {.text = {[GATEWAY_MODEL_ID] = STR("id1")}}, wrong = routed;

    fixture_make(&f);
    fixture_open(&f, 1);
    for (size_t i = 0; i < 3; i++)
        m->records[i].ev.text[TEXT_HASHED_API_KEY] = i < 2 ? STR("k1") : STR("wrong");
    for (size_t i = 1; i < 3; i++) {
        m->records[i].ev.gateway = i < 2 ? &routed : &wrong;
        m->records[i].ev.text[TEXT_REQUESTED_MODEL] = STR("down");
        m->records[i].ev.outcome = OUTCOME_FAILURE;
        m->records[i].charge.charge.nanousd = 0;
        m->records[i].ev.count[COUNT_INPUT_TOKENS] = -1;
    }
    assert_true(books_commit(f.books, &m->batch, &err));
    assert_true(str_eq(m->records[1].ev.text[TEXT_REQUESTED_MODEL], STR("down")));
    assert_true(str_eq(m->records[2].ev.text[TEXT_REQUESTED_MODEL], STR("__other__")));
    free(m);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_counts_once),
        cmocka_unit_test(a_failed_commit_leaves_everything_as_it_was),
        cmocka_unit_test(threads_commit_together_and_each_learns_its_own),
        cmocka_unit_test(names_of_strangers_are_hidden_until_they_have_paid),
        cmocka_unit_test(what_a_stranger_says_of_itself_is_hidden_too),
        cmocka_unit_test(a_model_that_the_gateway_routed_is_none_of_a_stranger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
