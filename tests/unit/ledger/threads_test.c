#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { COMMITS = 400, ROWS = 20 };

struct shared {
    struct fixture *fixture;
    atomic_bool done;
};

static void *tidy(void *ctx)
{
    struct shared *shared = ctx;
    struct err err = {0};

    while (!atomic_load(&shared->done)) {
        if (!ledger_tidy(shared->fixture->ledger, &err))
            fail_msg("%s", err.text);
        usleep(1000);
    }
    return NULL;
}

static bool count(void *ctx, const struct record *r, struct err *err)
{
    (void)r;
    (void)err;
    ++*(uint64_t *)ctx;
    return true;
}

static void *scan_all(void *ctx)
{
    struct shared *shared = ctx;
    struct ledger_reader *reader;
    struct err err = {0};
    uint64_t before = 0;

    assert_true(ledger_reader_open(&reader, shared->fixture->path, &test_schema, &err));
    while (!atomic_load(&shared->done)) {
        uint64_t seen = 0;
        if (!ledger_scan(reader, 0, UINT64_MAX, count, &seen, &err))
            fail_msg("%s", err.text);
        assert_int_equal(seen % ROWS, 0); /* whole transactions */
        assert_true(seen >= before);
        before = seen;
    }
    ledger_reader_close(reader);
    return NULL;
}

TEST(readers_and_checkpoints_run_beside_the_writer)
{
    struct fixture f;
    struct shared shared = {.fixture = &f};
    struct ledger_stats stats;
    pthread_t threads[2];

    fixture_open(&f);
    assert_int_equal(pthread_create(&threads[0], NULL, tidy, &shared), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, scan_all, &shared), 0);
    for (unsigned i = 0; i < COMMITS; i++)
        fixture_write(&f, 1, ROWS, i);
    atomic_store(&shared.done, true);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    struct err err = {0};
    assert_true(ledger_tidy(f.ledger, &err));
    ledger_stats(f.ledger, &stats);
    assert_true(stats.journal_bytes <= 1 << 20);
    assert_int_equal(ledger_reader_last_seq(fixture_reader(&f)), COMMITS * ROWS);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_and_checkpoints_run_beside_the_writer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
