/* A provider's batch is told again whenever somebody looks at it, for weeks. */
#include "support.h"

static void fill(struct made *m, const char *id, bool is_batch)
{
    make_record(m, 0, 1, timestamp_now());
    struct record *r = &m->records[0];
    r->ev.text[TEXT_AI_SYSTEM] = STR("openai");
    r->ev.text[TEXT_RESPONSE_ID] = r->ev.identity[0] = str_of(id);
    r->ev.identity_is_providers = is_batch;
    m->batch = (struct batch){.records = m->list, .count = 1, .verdicts = m->verdicts};
}

static enum commit_verdict tell(struct fixture *f, const char *id, bool is_batch)
{
    struct made *m = calloc(1, sizeof *m);
    struct err err = {0};

    assert_non_null(m);
    fill(m, id, is_batch);
    if (!books_commit(f->books, &m->batch, &err))
        fail_msg("%s", err.text);
    enum commit_verdict verdict = m->verdicts[0];
    free(m);
    return verdict;
}

/* As if the horizon of dedupe had passed. */
static void forget(struct fixture *f)
{
    fixture_close(f);
    run_sql(f, "UPDATE commits SET keys = NULL");
    fixture_open(f, 1);
}

TEST(it_is_charged_once_for_as_long_as_its_row_is_there)
{
    struct fixture f;

    fixture_make(&f);
    fixture_open(&f, 1);
    assert_int_equal(tell(&f, "batch_1", true), COMMIT_ACCEPTED);
    assert_int_equal(tell(&f, "call", false), COMMIT_ACCEPTED);
    for (int i = 0; i < 2; i++) {
        forget(&f);
        assert_int_equal(tell(&f, "batch_1", true), COMMIT_DUPLICATE);
        assert_int_equal(tell(&f, "batch_1", true), COMMIT_DUPLICATE);
        assert_int_equal(tell(&f, "call", false), COMMIT_ACCEPTED);
    }
    assert_int_equal(sql_number(&f, "SELECT count(*) FROM entries"), 4);
    assert_int_equal(sql_number(&f, "SELECT seq FROM provider_batches"), 1);
    assert_int_equal(tell(&f, "batch_2", true), COMMIT_ACCEPTED);
    assert_int_equal(sql_number(&f, "SELECT max(seq) FROM provider_batches"), 5);
    fixture_remove(&f);
}

TEST(a_failed_commit_takes_it_back)
{
    struct fixture f;
    struct made *m = calloc(1, sizeof *m);
    struct err err = {0};

    assert_non_null(m);
    fixture_make(&f);
    fixture_open(&f, 1);
    run_sql(&f, "CREATE TRIGGER broken BEFORE INSERT ON entries"
                " BEGIN SELECT raise(ABORT, 'broken'); END");
    fill(m, "batch_1", true);
    assert_false(books_commit(f.books, &m->batch, &err));
    run_sql(&f, "DROP TRIGGER broken");
    assert_int_equal(tell(&f, "batch_1", true), COMMIT_ACCEPTED);
    free(m);
    fixture_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_charged_once_for_as_long_as_its_row_is_there),
        cmocka_unit_test(a_failed_commit_takes_it_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
