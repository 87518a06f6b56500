/* What a start needs beside records: states, keys, the last tick, where to begin. */
#include "reader.h"
#include "writer.h"

uint64_t ledger_reader_last_seq(struct ledger_reader *r)
{
    int64_t seq = 0;

    return db_int64(r->db, "SELECT max(seq) FROM entries", &seq, NULL) ? (uint64_t)seq
                                                                       : 0;
}

bool ledger_last_tick(struct ledger_reader *r, int64_t *tick_ns, struct err *err)
{
    *tick_ns = 0;
    return db_int64(r->db, "SELECT tick_ns FROM ticks ORDER BY id DESC LIMIT 1", tick_ns,
                    err);
}

bool ledger_read_state(struct ledger_reader *r, struct str name, struct buf *out,
                       uint64_t *seq, struct err *err)
{
    sqlite3_stmt *get = r->queries[QUERY_STATE];
    bool row;

    buf_reset(out);
    *seq = 0;
    db_bind_text(get, 1, name);
    if (!db_next(get, &row, err))
        return false;
    if (!row)
        return true;
    *seq = (uint64_t)sqlite3_column_int64(get, 0);
    buf_add(out, db_text(get, 1));
    sqlite3_reset(get);
    return !out->failed || err_set(err, ERR_MEMORY, "ledger: no memory for a state");
}

static int64_t time_committed(const struct ledger_reader *r)
{
    return r->commit.committed_ns;
}

static int64_t time_booked_peak(const struct ledger_reader *r)
{
    return r->commit.booked_peak_ns;
}

/* *seq: the first record of the first commit whose time is at or after `ns`, or one past
 * the last. Both times never fall from commit to commit, so halving finds it. */
static bool first_commit_since(struct ledger_reader *r, int64_t ns,
                               int64_t (*time_of)(const struct ledger_reader *),
                               uint64_t *seq, struct err *err)
{
    uint64_t before = 0, since = ledger_reader_last_seq(r) + 1;

    while (before + 1 < since) {
        uint64_t middle = before + (since - before) / 2;
        bool found;
        if (!reader_commit_of(r, middle, &found, err))
            return false;
        if (found && time_of(r) >= ns)
            since = r->commit.first_seq;
        else
            before = middle;
    }
    *seq = since;
    return true;
}

bool ledger_seq_before(struct ledger_reader *r, int64_t booked_ns, uint64_t *seq,
                       struct err *err)
{
    if (!reader_begin(r, err))
        return false;
    bool ok = first_commit_since(r, booked_ns, time_booked_peak, seq, err);
    if (ok)
        --*seq;
    return reader_end(r, ok);
}

/* False: the visitor wants no more. */
static bool visit_blob(struct str blob, int64_t committed_ns, ledger_visit_key *visit,
                       void *ctx)
{
    struct dedupe_key key;

    while (keys_next(&blob, &key))
        if (!visit(ctx, &key, committed_ns))
            return false;
    return true;
}

static bool visit_keys(struct ledger_reader *r, uint64_t first_seq,
                       ledger_visit_key *visit, void *ctx, struct err *err)
{
    sqlite3_stmt *query = r->queries[QUERY_KEYS];
    bool row;

    sqlite3_bind_int64(query, 1, (int64_t)first_seq);
    do {
        if (!db_next(query, &row, err))
            return false;
    } while (row &&
             visit_blob(db_text(query, 1), sqlite3_column_int64(query, 0), visit, ctx));
    return true;
}

bool ledger_scan_keys(struct ledger_reader *r, int64_t since_ns, ledger_visit_key *visit,
                      void *ctx, struct err *err)
{
    uint64_t first_seq;

    if (!reader_begin(r, err))
        return false;
    return reader_end(r,
                      first_commit_since(r, since_ns, time_committed, &first_seq, err) &&
                          visit_keys(r, first_seq, visit, ctx, err));
}
