/* One transaction, and what of this program's memory goes with it. */
#include "writer.h"

#include <assert.h>

uint64_t ledger_last_seq(const struct ledger *l)
{
    return l->now.seq;
}

bool ledger_begin(struct ledger *l, struct err *err)
{
    assert(!l->in_transaction);
    if (!db_run(l->statements[STATEMENT_BEGIN], err))
        return false;
    l->in_transaction = true;
    l->failed = false;
    buf_reset(&l->keys);
    return true;
}

void ledger_rollback(struct ledger *l)
{
    if (!l->in_transaction)
        return;
    if (!sqlite3_get_autocommit(l->db))
        sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    l->in_transaction = false;
    l->now = l->committed;
    dict_rollback(&l->dict);
    /* Unreadable rows only make the filter useless, and the next commit tells. */
    filter_restore(&l->filter, l->db, NULL);
}

bool ledger_writable(const struct ledger *l, struct err *err)
{
    if (l->failed)
        return err_set(err, ERR_IO,
                       "ledger: a part of the transaction could not be written");
    assert(l->in_transaction);
    return true;
}

bool ledger_append(struct ledger *l, struct record *r, struct err *err)
{
    if (!ledger_writable(l, err))
        return false;
    r->seq = l->now.seq + 1;
    if (!ledger_noted(l, row_write(&l->rows, r, err) && filter_add(&l->filter, r, err)))
        return false;
    l->now.seq = r->seq;
    if (r->booked_ns > l->now.peak_ns)
        l->now.peak_ns = r->booked_ns;
    return true;
}

bool ledger_claim_batch(struct ledger *l, const uint64_t report[2], bool *first,
                        struct err *err)
{
    sqlite3_stmt *claim = l->statements[STATEMENT_CLAIM_BATCH];

    if (!ledger_writable(l, err))
        return false;
    sqlite3_bind_blob64(claim, 1, report, 2 * sizeof *report, SQLITE_STATIC);
    sqlite3_bind_int64(claim, 2, (int64_t)l->now.seq + 1);
    if (!ledger_noted(l, db_run(claim, err)))
        return false;
    *first = sqlite3_changes(l->db) > 0;
    return true;
}

bool ledger_put_keys(struct ledger *l, const struct dedupe_key *keys, size_t count,
                     struct err *err)
{
    if (!ledger_writable(l, err))
        return false;
    return keys_add(&l->keys, keys, count) ||
           ledger_noted(l, err_set(err, ERR_MEMORY, "ledger: no memory for keys"));
}

static bool put_commit(struct ledger *l, struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_COMMIT];

    if (l->now.seq == l->committed.seq)
        return true;
    sqlite3_bind_int64(put, 1, (int64_t)l->committed.seq + 1);
    sqlite3_bind_int64(put, 2, (int64_t)l->now.seq);
    sqlite3_bind_int64(put, 3, l->now.committed_ns);
    sqlite3_bind_int64(put, 4, l->now.peak_ns);
    sqlite3_bind_blob64(put, 5, l->keys.at, l->keys.size, SQLITE_STATIC);
    return db_run(put, err);
}

bool ledger_commit(struct ledger *l, int64_t committed_ns, struct err *err)
{
    int64_t began_ns = timestamp_monotonic();

    if (committed_ns > l->now.committed_ns)
        l->now.committed_ns = committed_ns;
    if (!ledger_writable(l, err) || !put_commit(l, err) ||
        !db_run(l->statements[STATEMENT_COMMIT], err)) {
        ledger_rollback(l);
        return false;
    }
    l->in_transaction = false;
    l->committed = l->now;
    dict_commit(&l->dict);
    l->commits++;
    l->commit_ns += timestamp_monotonic() - began_ns;
    return true;
}
