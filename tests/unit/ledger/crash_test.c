#include "fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What the writing child got acknowledged; shared with its parent. */
struct progress {
    volatile uint64_t seq; /* last row of the last commit that returned */
    volatile uint64_t batch;
};

enum { BATCH_MAX = 40, KILLS = 20 };

/* Every row of batch n says so; batch n has 1 + n % BATCH_MAX rows and a state that names
 * its last row. */
static void append_batch(struct ledger *l, uint64_t batch)
{
    struct record r;
    struct err err = {0};
    char text[32];

    for (uint64_t i = 0; i <= batch % BATCH_MAX; i++) {
        record_init(&r);
        r.charge.charge.nanousd = (int64_t)batch;
        r.ev.count[COUNT_INPUT_TOKENS] = (int64_t)i;
        struct str name = {text, (size_t)snprintf(text, sizeof text, "team-%lu",
                                                  (unsigned long)(batch + i))};
        r.ev.text[TEXT_TEAM] = name;
        if (!ledger_append(l, &r, &err))
            abort();
        if (i == batch % BATCH_MAX && !ledger_put_state(l, STR("books"), name, &err))
            abort();
    }
}

static void write_until_killed(const char *path, struct progress *progress)
{
    struct ledger *l;
    struct ledger_options options = {path, &test_schema, 256 * 1024};
    struct err err = {0};

    if (!ledger_open(&l, &options, &err))
        abort();
    for (uint64_t batch = progress->batch + 1;; batch++) {
        if (!ledger_begin(l, &err))
            abort();
        append_batch(l, batch);
        if (batch % 7 == 0) {
            ledger_rollback(l);
            continue;
        }
        if (!ledger_commit(l, (int64_t)batch, &err))
            abort();
        progress->seq = ledger_last_seq(l);
        progress->batch = batch;
        if (batch % 50 == 0 && !ledger_tidy(l, &err))
            abort();
    }
}

struct check {
    uint64_t count, batch, next_in_batch;
    char team[32];
};

/* Whole batches only, each once, in order. */
static bool check_row(void *ctx, const struct record *r, struct err *err)
{
    struct check *c = ctx;
    uint64_t batch = (uint64_t)r->charge.charge.nanousd;

    (void)err;
    assert_int_equal(r->seq, ++c->count);
    if (batch != c->batch) {
        assert_int_equal(c->next_in_batch, c->batch ? c->batch % BATCH_MAX + 1 : 0);
        assert_true(batch > c->batch);
        c->batch = batch;
        c->next_in_batch = 0;
    }
    assert_int_equal(r->ev.count[COUNT_INPUT_TOKENS], c->next_in_batch++);
    snprintf(c->team, sizeof c->team, "team-%lu",
             (unsigned long)(batch + c->next_in_batch - 1));
    assert_str_equal(r->ev.text[TEXT_TEAM], str_of(c->team));
    return true;
}

static void check_ledger(const char *path, const struct progress *progress)
{
    struct ledger_reader *reader;
    struct check c = {0};
    struct buf state = {0};
    struct err err = {0};
    uint64_t seq;

    assert_true(ledger_reader_open(&reader, path, &test_schema, &err));
    assert_true(ledger_scan(reader, 0, UINT64_MAX, check_row, &c, &err));
    assert_int_equal(c.next_in_batch, c.batch % BATCH_MAX + 1);
    assert_true(c.count >= progress->seq);
    assert_true(c.count <= progress->seq + BATCH_MAX); /* one may have been unannounced */
    assert_true(ledger_read_state(reader, STR("books"), &state, &seq, &err));
    assert_int_equal(seq, c.count);
    assert_str_equal(buf_str(&state), str_of(c.team));
    buf_release(&state);
    ledger_reader_close(reader);
}

/* Within a minute. */
static bool has_committed_after(const struct progress *progress, uint64_t batch)
{
    for (int i = 0; i < 60 * 1000 && progress->batch == batch; i++)
        usleep(1000);
    return progress->batch > batch;
}

/* Once it has committed something, however long that takes, and `microseconds` later. */
static void kill_at_work(pid_t child, const struct progress *progress, uint64_t batch,
                         unsigned microseconds)
{
    int status;
    bool committed = has_committed_after(progress, batch);

    usleep(microseconds);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(committed);
}

TEST(after_a_kill_every_commit_is_there_once_and_no_half_of_one)
{
    struct fixture f;
    struct progress *progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    fixture_open(&f);
    ledger_close(f.ledger);
    f.ledger = NULL;
    srandom(7);
    for (int i = 0; i < KILLS; i++) {
        uint64_t batch = progress->batch;
        unsigned wait_us = (unsigned)random() % 60000;
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(f.path, progress);
        kill_at_work(child, progress, batch, wait_us);
        check_ledger(f.path, progress);
        struct err err = {0};
        if (!fixture_open_ledger(&f, &err)) /* the lock went with the process */
            fail_msg("%s", err.text);
        assert_true(ledger_last_seq(f.ledger) >= progress->seq);
        struct check last = {0};
        struct ledger_reader *reader = fixture_reader(&f);
        assert_true(ledger_scan(reader, 0, UINT64_MAX, check_row, &last, &err));
        progress->batch = last.batch;
        progress->seq = last.count;
        ledger_reader_close(f.reader);
        ledger_close(f.ledger);
        f.ledger = NULL;
        f.reader = NULL;
    }
    munmap(progress, sizeof *progress);
    fixture_close(&f);
}

/* Files of this process may grow to `bytes`, then writes fail as on a full disk. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;

    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static bool write_samples(struct ledger *l, unsigned first, unsigned last,
                          struct err *err)
{
    struct sample *s = malloc(sizeof *s);
    bool ok = ledger_begin(l, err);

    for (unsigned seed = first; ok && seed <= last; seed++) {
        sample_make(s, seed);
        ok = ledger_append(l, &s->record, err);
    }
    ok = ok ? ledger_commit(l, 5000, err) : (ledger_rollback(l), false);
    free(s);
    return ok;
}

static bool compare(void *ctx, const struct record *r, struct err *err)
{
    struct sample *s = ctx;

    (void)err;
    sample_make(s, (unsigned)r->seq);
    s->record.seq = r->seq;
    assert_record_equal(r, &s->record);
    return true;
}

TEST(a_full_disk_loses_that_transaction_only_and_needs_no_restart)
{
    struct fixture f;
    struct sample *s = malloc(sizeof *s);
    struct err err = {0};
    int64_t failures = 0;

    signal(SIGXFSZ, SIG_IGN);
    fixture_open(&f);
    fixture_write(&f, 1, 100, 5000);
    struct ledger_stats stats;
    ledger_stats(f.ledger, &stats);
    for (rlim_t room = 0; room < 400000; room += 20000) {
        limit_files((rlim_t)stats.journal_bytes + room);
        err.kind = ERR_NONE;
        if (!write_samples(f.ledger, 101, 1400, &err)) {
            failures++;
            assert_int_equal(err.kind, ERR_IO);
        }
        limit_files(RLIM_INFINITY);
        assert_int_equal(ledger_last_seq(f.ledger), 100);
        assert_int_equal(ledger_reader_last_seq(fixture_reader(&f)), 100);
    }
    assert_int_equal(failures, 20);
    err.kind = ERR_NONE;
    if (!write_samples(f.ledger, 101, 1400, &err))
        fail_msg("%s", err.text);
    assert_true(ledger_scan(f.reader, 0, UINT64_MAX, compare, s, &err));
    assert_int_equal(ledger_reader_last_seq(f.reader), 1400);
    fixture_close(&f);
    free(s);
}

TEST(a_checkpoint_that_finds_no_room_harms_nothing)
{
    struct fixture f;
    struct sample *s = malloc(sizeof *s);
    struct err err = {0};

    signal(SIGXFSZ, SIG_IGN);
    fixture_open(&f);
    fixture_write(&f, 1, 2000, 5000);
    limit_files(64 * 1024);
    assert_false(ledger_tidy(f.ledger, &err));
    assert_int_equal(err.kind, ERR_IO);
    limit_files(RLIM_INFINITY);
    err.kind = ERR_NONE;
    assert_true(ledger_tidy(f.ledger, &err));
    assert_true(write_samples(f.ledger, 2001, 2010, &err));
    assert_true(ledger_scan(fixture_reader(&f), 0, UINT64_MAX, compare, s, &err));
    fixture_close(&f);
    free(s);
}

TEST(a_transaction_with_a_failed_part_cannot_be_committed)
{
    struct fixture f;
    struct sample *s = malloc(sizeof *s);
    struct err err = {0};
    struct ledger_stats stats;

    signal(SIGXFSZ, SIG_IGN);
    fixture_open(&f);
    ledger_stats(f.ledger, &stats);
    assert_true(ledger_begin(f.ledger, &err));
    limit_files((rlim_t)stats.journal_bytes);
    size_t large = 64 << 20; /* more than the cache holds: written before the commit */
    char *blob = calloc(1, large);
    assert_false(
        ledger_put_state(f.ledger, STR("books"), (struct str){blob, large}, &err));
    limit_files(RLIM_INFINITY);
    sample_make(s, 1);
    err.kind = ERR_NONE;
    assert_false(ledger_append(f.ledger, &s->record, &err));
    err.kind = ERR_NONE;
    assert_false(ledger_commit(f.ledger, 5, &err));
    assert_int_equal(ledger_last_seq(f.ledger), 0);
    err.kind = ERR_NONE;
    assert_true(write_samples(f.ledger, 1, 2, &err));
    assert_int_equal(ledger_reader_last_seq(fixture_reader(&f)), 2);
    free(blob);
    fixture_close(&f);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_kill_every_commit_is_there_once_and_no_half_of_one),
        cmocka_unit_test(a_full_disk_loses_that_transaction_only_and_needs_no_restart),
        cmocka_unit_test(a_checkpoint_that_finds_no_room_harms_nothing),
        cmocka_unit_test(a_transaction_with_a_failed_part_cannot_be_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
