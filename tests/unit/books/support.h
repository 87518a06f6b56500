/* Books in a directory of their own, and records for them. */
#pragma once
#include "../unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "spendwarden/books_tidy.h"
#include "spendwarden/checkpoint.h"
#include "spendwarden/timestamp.h"

static const struct schema no_labels = {0};

enum { RECORDS_MAX = 512 };

struct fixture {
    char directory[64], path[96];
    struct books_options options;
    struct books *books;
    int windows[2];
};

/* A batch with its records; ids are texts of their own. */
struct made {
    struct record records[RECORDS_MAX];
    struct record *list[RECORDS_MAX];
    enum commit_verdict verdicts[RECORDS_MAX];
    char ids[RECORDS_MAX][24];
    struct batch batch;
};

static inline struct field field(const char *name)
{
    return field_find(NULL, str_of(name));
}

static inline void fixture_options(struct fixture *f)
{
    f->options = (struct books_options){
        .ledger = {f->path, &no_labels, 1 << 20},
        .metrics = {.schema = &no_labels,
                    .label_count = 2,
                    .labels = {field("team"), field("requested_model")},
                    .coverage_count = 1,
                    .coverage = {field("team")},
                    .max_series = 1000},
        .windows = {1000, 100000, &no_labels},
        .dedupe_horizon_ns = NS_PER_DAY,
        .dedupe_max_bytes = 1 << 20,
    };
}

static inline void fixture_make(struct fixture *f)
{
    *f = (struct fixture){.books = NULL};
    snprintf(f->directory, sizeof f->directory, "/tmp/spendwarden-books-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->path, sizeof f->path, "%s/ledger.db", f->directory);
    fixture_options(f);
}

/* Spend by team of the last hour and, if `count` is 2, of the last 31 days. */
static inline bool fixture_declare(struct fixture *f, size_t count, struct err *err)
{
    struct window_decl windows[2] = {
        {.field = field("charge_usd"), .by_count = 1, .over_ns = NS_PER_HOUR},
        {.field = field("charge_usd"), .by_count = 1, .over_ns = 31 * NS_PER_DAY},
    };
    struct metric_decl counter = {
        .name = STR("test_calls_total"), .label_count = 1, .labels = {STR("kind")}};

    windows[0].by[0] = windows[1].by[0] = field("team");
    return books_declare(f->books, windows, count, &counter, 1, f->windows, err);
}

static inline void fixture_open(struct fixture *f, size_t window_count)
{
    struct err err = {0};

    if (!books_open(&f->books, &f->options, &err) ||
        !fixture_declare(f, window_count, &err))
        fail_msg("%s", err.text);
}

static inline void fixture_close(struct fixture *f)
{
    books_close(f->books);
    f->books = NULL;
}

static inline void fixture_remove(struct fixture *f)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-lock", "-shown"};
    char path[128];

    fixture_close(f);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", f->path, endings[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->directory), 0);
}

/* Charge number `i`: one of three teams, 1000 + i nano-USD, one effect in two. */
static inline void make_record(struct made *m, size_t at, unsigned i, int64_t booked_ns)
{
    static struct effect effect = {
        STR("test_calls_total"), 1000000000, 1, {{STR("kind"), STR("even")}}};
    static const char *const teams[] = {"payments", "search", ""};
    struct record *r = &m->records[at];

    record_init(r);
    snprintf(m->ids[at], sizeof m->ids[at], "call-%u", i);
    r->ev.text[TEXT_ID] = r->ev.identity[0] = str_of(m->ids[at]);
    r->ev.identity_count = 1;
    r->ev.text[TEXT_SOURCE] = STR("generic");
    r->ev.text[TEXT_TEAM] = str_of(teams[i % 3]);
    r->ev.text[TEXT_REQUESTED_MODEL] = STR("gpt-4o");
    r->ev.count[COUNT_INPUT_TOKENS] = 10;
    r->booked_ns = r->ev.start_ns = r->ev.end_ns = r->ev.received_ns = booked_ns;
    r->charge.charge.nanousd = r->charge.billed.nanousd = 1000 + i;
    if (i % 2 == 0) {
        r->effects = &effect;
        r->effect_count = 1;
    }
    m->list[at] = r;
}

/* Records with the numbers first to last, booked at `booked_ns`. Freed by the caller. */
static inline struct made *make(unsigned first, unsigned last, int64_t booked_ns)
{
    struct made *m = calloc(1, sizeof *m);

    assert_non_null(m);
    assert_true(last - first < RECORDS_MAX);
    for (unsigned i = first; i <= last; i++)
        make_record(m, i - first, i, booked_ns);
    m->batch = (struct batch){
        .records = m->list, .count = last - first + 1, .verdicts = m->verdicts};
    return m;
}

/* Commits them now; the number accepted. */
static inline size_t commit(struct fixture *f, unsigned first, unsigned last)
{
    struct made *m = make(first, last, timestamp_now());
    struct err err = {0};

    if (!books_commit(f->books, &m->batch, &err))
        fail_msg("%s", err.text);
    size_t accepted = m->batch.accepted;
    assert_int_equal(accepted + m->batch.duplicate, last - first + 1);
    free(m);
    return accepted;
}

/* The counters as text. Released by the caller. */
static inline struct buf exposition(struct fixture *f)
{
    struct buf text = {0};
    uint64_t seq;
    struct metrics_copy *copy = books_metrics(f->books, &seq);

    assert_non_null(copy);
    books_shown(f->books, seq);
    metrics_render(copy, &(struct exposition){.out = &text, .zero_from_ns = INT64_MAX});
    metrics_copy_free(copy);
    return text;
}

/* The charges in one window, over all teams. */
static inline int64_t window_total(struct fixture *f, int window)
{
    struct window_sums sums;
    struct arena arena;
    struct err err = {0};
    int64_t tick_ns, total = 0;

    arena_init(&arena, 0);
    if (!books_tick(f->books, &f->windows[window], 1, &arena, &sums, &tick_ns, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < sums.group_count; i++)
        total += sums.groups[i].sum;
    arena_release(&arena);
    return total;
}

static inline void assert_same_text(struct buf *a, struct buf *b)
{
    buf_byte(a, '\0');
    buf_byte(b, '\0');
    assert_string_equal(a->at, b->at);
    buf_release(a);
    buf_release(b);
}

static inline void run_sql(const struct fixture *f, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static inline int64_t sql_number(const struct fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

/* Room for one record, which is list[0] once it is made. */
static inline struct made *make_room_for_one(void)
{
    struct made *m = calloc(1, sizeof *m);

    assert_non_null(m);
    m->batch = (struct batch){.records = m->list, .count = 1, .verdicts = m->verdicts};
    return m;
}

/* What became of it, in a commit of its own; *conflicts, unless NULL: whether it is one.
 * Frees it. */
static inline enum commit_verdict commit_one(struct fixture *f, struct made *m,
                                             bool *conflicts)
{
    struct err err = {0};

    if (!books_commit(f->books, &m->batch, &err))
        fail_msg("%s", err.text);
    enum commit_verdict verdict = m->verdicts[0];
    if (conflicts)
        *conflicts = m->batch.conflicts;
    free(m);
    return verdict;
}

/* The same, but the ledger takes no row. */
static inline void fail_to_commit_one(struct fixture *f, struct made *m)
{
    struct err err = {0};

    run_sql(f, "CREATE TRIGGER broken BEFORE INSERT ON entries"
               " BEGIN SELECT raise(ABORT, 'broken'); END");
    assert_false(books_commit(f->books, &m->batch, &err));
    run_sql(f, "DROP TRIGGER broken");
    free(m);
}
