/* A reader's life, and records in commit order. */
#include "reader.h"

#include "schema.h"

#include <stdlib.h>

enum { BUSY_MS = 5000, LIMIT_STEPS = 1000 };

#define FIND_LIMIT_NS (5 * NS_PER_SECOND)

static const char *const queries_sql[QUERY_COUNT] = {
    [QUERY_SCAN] = "SELECT * FROM entries WHERE seq > ? AND seq <= ? ORDER BY seq",
    [QUERY_NEWEST] = "SELECT * FROM entries ORDER BY seq DESC LIMIT ?",
    [QUERY_MATCH] = ("SELECT * FROM entries WHERE seq >= ?1 AND seq <= ?2 AND (id = ?3 OR"
                     " call_id = ?3 OR trace_id = ?3 OR response_id = ?3)"
                     " ORDER BY seq DESC"),
    [QUERY_FILTERS] =
        "SELECT first_seq, last_seq, bits FROM filters ORDER BY first_seq DESC",
    [QUERY_COMMIT_OF] = ("SELECT first_seq, last_seq, committed_ns, booked_peak_ns"
                         " FROM commits WHERE first_seq <= ? ORDER BY first_seq DESC"
                         " LIMIT 1"),
    [QUERY_KEYS] = ("SELECT committed_ns, keys FROM commits WHERE first_seq >= ?"
                    " ORDER BY first_seq"),
    [QUERY_STATE] = "SELECT seq, blob FROM states WHERE name = ?",
    [QUERY_OPENING] = "SELECT seq FROM states WHERE name = 'opening'",
    [QUERY_PRUNE] = ("SELECT last_seq, committed_ns FROM commits"
                     " WHERE last_seq > ?1 AND first_seq <= ?2 AND last_seq <= ?3"
                     " AND last_seq < (SELECT max(seq) FROM entries)"
                     " ORDER BY first_seq"),
};

static bool prepare_all(struct ledger_reader *r, struct err *err)
{
    for (size_t i = 0; i < QUERY_COUNT; i++)
        if (!db_prepare(r->db, &r->queries[i], queries_sql[i], err))
            return false;
    return true;
}

bool ledger_reader_open(struct ledger_reader **out, const char *path,
                        const struct schema *schema, struct err *err)
{
    *out = NULL;
    struct ledger_reader *r = calloc(1, sizeof *r);
    if (!r)
        return err_set(err, ERR_MEMORY, "ledger: no memory");
    if (!db_open(&r->db, path, SQLITE_OPEN_READONLY, BUSY_MS, err) ||
        !schema_check(r->db, path, err) || !schema_seed(r->db, &r->seed, err) ||
        !prepare_all(r, err) || !row_reader_open(&r->row, r->db, schema, err))
        goto fail;
    *out = r;
    return true;

fail:
    ledger_reader_close(r);
    return false;
}

void ledger_reader_close(struct ledger_reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < QUERY_COUNT; i++)
        sqlite3_finalize(r->queries[i]);
    row_reader_close(&r->row);
    sqlite3_close(r->db);
    free(r);
}

bool reader_begin(struct ledger_reader *r, struct err *err)
{
    return r->held || db_exec(r->db, "BEGIN", err);
}

bool reader_end(struct ledger_reader *r, bool ok)
{
    for (size_t i = 0; i < QUERY_COUNT; i++)
        sqlite3_reset(r->queries[i]);
    if (!r->held)
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL); /* it only read */
    return ok;
}

bool ledger_reader_hold(struct ledger_reader *r, struct err *err)
{
    int64_t seq;

    /* A transaction begins with its first look. */
    r->held = reader_begin(r, err);
    return r->held && reader_opening(r, &seq, err);
}

bool reader_opening(struct ledger_reader *r, int64_t *seq, struct err *err)
{
    sqlite3_stmt *get = r->queries[QUERY_OPENING];
    bool row;

    *seq = 0;
    if (!db_next(get, &row, err))
        return false;
    if (row)
        *seq = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return true;
}

bool reader_commit_of(struct ledger_reader *r, uint64_t seq, bool *found, struct err *err)
{
    sqlite3_stmt *get = r->queries[QUERY_COMMIT_OF];

    sqlite3_bind_int64(get, 1, (int64_t)seq);
    if (!db_next(get, found, err))
        return false;
    if (!*found)
        return true;
    r->commit.first_seq = (uint64_t)sqlite3_column_int64(get, 0);
    r->commit.last_seq = (uint64_t)sqlite3_column_int64(get, 1);
    r->commit.committed_ns = sqlite3_column_int64(get, 2);
    r->commit.booked_peak_ns = sqlite3_column_int64(get, 3);
    sqlite3_reset(get);
    return true;
}

bool reader_visit(struct ledger_reader *r, sqlite3_stmt *row, ledger_visit *visit,
                  void *ctx, struct err *err)
{
    struct record *record = &r->row.record;
    bool found;

    if (!row_read(&r->row, row, err))
        return false;
    if (record->seq < r->commit.first_seq || record->seq > r->commit.last_seq)
        if (!reader_commit_of(r, record->seq, &found, err))
            return false;
    record->committed_ns = r->commit.committed_ns;
    return visit(ctx, record, err);
}

/* Visits at most *limit rows of the query and counts them off. */
static bool visit_rows(struct ledger_reader *r, sqlite3_stmt *query, size_t *limit,
                       ledger_visit *visit, void *ctx, struct err *err)
{
    bool row = true;

    for (; *limit; --*limit) {
        if (!db_next(query, &row, err))
            return false;
        if (!row)
            return true;
        if (!reader_visit(r, query, visit, ctx, err))
            return false;
    }
    sqlite3_reset(query);
    return true;
}

bool ledger_scan(struct ledger_reader *r, uint64_t after, uint64_t until,
                 ledger_visit *visit, void *ctx, struct err *err)
{
    sqlite3_stmt *query = r->queries[QUERY_SCAN];
    size_t limit = SIZE_MAX;
    int64_t opening;

    if (after >= INT64_MAX)
        return true;
    if (!reader_begin(r, err))
        return false;
    if (!reader_opening(r, &opening, err))
        return reader_end(r, false);
    sqlite3_bind_int64(query, 1, opening > (int64_t)after ? opening : (int64_t)after);
    sqlite3_bind_int64(query, 2, until > INT64_MAX ? INT64_MAX : (int64_t)until);
    return reader_end(r, visit_rows(r, query, &limit, visit, ctx, err));
}

struct find {
    struct ledger_reader *reader;
    struct str id;
    size_t limit; /* left */
    ledger_visit *visit;
    void *ctx;
};

static bool find_in_block(struct find *f, int64_t first_seq, int64_t last_seq,
                          struct err *err)
{
    sqlite3_stmt *query = f->reader->queries[QUERY_MATCH];

    sqlite3_bind_int64(query, 1, first_seq);
    sqlite3_bind_int64(query, 2, last_seq);
    db_bind_text(query, 3, f->id);
    return visit_rows(f->reader, query, &f->limit, f->visit, f->ctx, err);
}

/* The rows that have no filter yet, then block by block. */
static bool find_by_id(struct find *f, struct err *err)
{
    sqlite3_stmt *filters = f->reader->queries[QUERY_FILTERS];
    int64_t filtered = 0;
    bool row = true;

    if (!db_int64(f->reader->db,
                  "SELECT last_seq FROM filters ORDER BY first_seq DESC LIMIT 1",
                  &filtered, err) ||
        !find_in_block(f, filtered + 1, INT64_MAX, err))
        return false;
    while (f->limit && row) {
        if (!db_next(filters, &row, err))
            return false;
        if (row && filter_may_have(db_text(filters, 2), f->id, f->reader->seed) &&
            !find_in_block(f, sqlite3_column_int64(filters, 0),
                           sqlite3_column_int64(filters, 1), err))
            return false;
    }
    return true;
}

static int past_deadline(void *ctx)
{
    const struct ledger_reader *r = ctx;

    return timestamp_monotonic() > r->deadline_ns;
}

void reader_limit(struct ledger_reader *r, int64_t limit_ns)
{
    r->deadline_ns = timestamp_monotonic() + limit_ns;
    sqlite3_progress_handler(r->db, LIMIT_STEPS, past_deadline, r);
}

bool reader_unlimit(struct ledger_reader *r)
{
    sqlite3_progress_handler(r->db, 0, NULL, NULL);
    return !past_deadline(r);
}

/* A search reads what the id asks for: it must not hold its view of the ledger for ever,
 * or the journal could not move. */
static bool find_in_time(struct find *f, struct err *err)
{
    struct err why = {0};

    reader_limit(f->reader, FIND_LIMIT_NS);
    bool ok = find_by_id(f, &why);
    if (!reader_unlimit(f->reader) && !ok)
        return err_set(err, ERR_BUSY, "not found within 5 s");
    return ok || err_set(err, why.kind, "%s", why.text);
}

bool ledger_find(struct ledger_reader *r, struct str id, size_t limit,
                 ledger_visit *visit, void *ctx, struct err *err)
{
    sqlite3_stmt *newest = r->queries[QUERY_NEWEST];
    struct find f = {r, id, limit, visit, ctx};

    if (!reader_begin(r, err))
        return false;
    if (id.size)
        return reader_end(r, find_in_time(&f, err));
    sqlite3_bind_int64(newest, 1, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    return reader_end(r, visit_rows(r, newest, &limit, visit, ctx, err));
}
