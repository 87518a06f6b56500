/* What a ledger holds, looked at by scans and by plain SQL. */
#pragma once
#include "fixture.h"

#include <sqlite3.h>

static inline void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static inline void assert_sql(const char *path, const char *sql, const char *expected)
{
    sqlite3 *db;
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

struct seen {
    uint64_t count, first_seq, last_seq;
    int64_t committed_ns;
    struct fixture *write_into; /* one more row is committed in the middle */
};

static inline bool note(void *ctx, const struct record *r, struct err *err)
{
    struct seen *seen = ctx;

    (void)err;
    if (seen->count++ == 0)
        seen->first_seq = r->seq;
    seen->last_seq = r->seq;
    seen->committed_ns = r->committed_ns;
    if (seen->write_into && seen->count == 2)
        fixture_write(seen->write_into, 1, 1, 99);
    return true;
}

static inline struct seen scan(struct fixture *f, uint64_t after, uint64_t until)
{
    struct seen seen = {0};
    struct err err = {0};

    if (!ledger_scan(fixture_reader(f), after, until, note, &seen, &err))
        fail_msg("%s", err.text);
    return seen;
}

static inline bool compare(void *ctx, const struct record *r, struct err *err)
{
    struct sample *s = ctx;

    (void)err;
    sample_make(s, (unsigned)r->seq);
    s->record.seq = r->seq;
    assert_record_equal(r, &s->record);
    assert_int_equal(r->committed_ns, 5000);
    return true;
}
