/* A provider's batch is told again whenever somebody looks at it, for weeks. */
#include "support.h"

static struct made *report(const char *id, bool is_batch)
{
    struct made *m = make_room_for_one();
    struct record *r = &m->records[0];

    make_record(m, 0, 1, timestamp_now());
    r->ev.text[TEXT_AI_SYSTEM] = STR("openai");
    r->ev.text[TEXT_RESPONSE_ID] = r->ev.identity[0] = str_of(id);
    r->ev.identity_is_providers = is_batch;
    return m;
}

static enum commit_verdict tell(struct fixture *f, const char *id, bool is_batch)
{
    return commit_one(f, report(id, is_batch), NULL);
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

    fixture_make(&f);
    fixture_open(&f, 1);
    fail_to_commit_one(&f, report("batch_1", true));
    assert_int_equal(tell(&f, "batch_1", true), COMMIT_ACCEPTED);
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
