/* Rows leave from the beginning: at once for readers, by the opening, and from the file
 * in steps that a writer can wait for. */
#include "reader.h"
#include "writer.h"

enum { BESIDE_MAX = 2000 }; /* ticks, alerts a step */

bool ledger_put_opening(struct ledger *l, uint64_t seq, struct str state, struct err *err)
{
    sqlite3_stmt *put = l->statements[STATEMENT_PUT_STATE];

    if (!ledger_writable(l, err))
        return false;
    db_bind_text(put, 1, STR("opening"));
    sqlite3_bind_int64(put, 2, (int64_t)seq);
    sqlite3_bind_blob64(put, 3, state.size ? state.at : "", state.size, SQLITE_STATIC);
    if (!ledger_noted(l, db_run(put, err)))
        return false;
    l->now.opening_seq = seq;
    if (l->now.rolled_seq < seq)
        l->now.rolled_seq = seq;
    return true;
}

static bool prune(struct ledger *l, enum statement which, uint64_t seq, struct err *err)
{
    sqlite3_stmt *statement = l->statements[which];

    sqlite3_bind_int64(statement, 1, (int64_t)seq);
    return ledger_noted(l, db_run(statement, err));
}

/* *full: there may be more. */
static bool prune_beside(struct ledger *l, enum statement which, uint64_t seq, bool *full,
                         struct err *err)
{
    sqlite3_bind_int64(l->statements[which], 2, BESIDE_MAX);
    if (!prune(l, which, seq, err))
        return false;
    *full = *full || sqlite3_changes(l->db) == BESIDE_MAX;
    return true;
}

bool ledger_prune(struct ledger *l, size_t rows_max, bool *more, struct err *err)
{
    uint64_t last = l->now.opening_seq;
    bool beside = false;

    *more = false;
    if (!ledger_writable(l, err))
        return false;
    if (l->now.first_seq > last)
        return true;
    if (last - l->now.first_seq >= rows_max) {
        last = l->now.first_seq + rows_max - 1;
        *more = true;
    }
    if (!prune(l, STATEMENT_PRUNE_ENTRIES, last, err) ||
        !prune(l, STATEMENT_PRUNE_COMMITS, last, err) ||
        !prune(l, STATEMENT_PRUNE_FILTERS, last, err) ||
        !prune(l, STATEMENT_PRUNE_BATCHES, last, err) ||
        !prune_beside(l, STATEMENT_PRUNE_TICKS, last, &beside, err) ||
        !prune_beside(l, STATEMENT_PRUNE_ALERTS, last, &beside, err) ||
        !ledger_noted(l, db_run(l->statements[STATEMENT_PRUNE_GENERATIONS], err)))
        return false;
    /* The same row once more, until nothing is left beside it. */
    l->now.first_seq = beside ? last : last + 1;
    *more = *more || beside;
    return true;
}

static bool find_end(struct ledger_reader *r, size_t rows_max, uint64_t last_seq,
                     int64_t before_ns, uint64_t *seq, struct err *err)
{
    sqlite3_stmt *query = r->queries[QUERY_PRUNE];
    int64_t opening;
    bool row;

    if (!reader_opening(r, &opening, err))
        return false;
    *seq = (uint64_t)opening;
    sqlite3_bind_int64(query, 1, opening);
    sqlite3_bind_int64(query, 2, opening + (int64_t)rows_max);
    sqlite3_bind_int64(query, 3, (int64_t)last_seq);
    while (db_next(query, &row, err)) {
        if (!row || sqlite3_column_int64(query, 1) >= before_ns)
            return true;
        *seq = (uint64_t)sqlite3_column_int64(query, 0);
    }
    return false;
}

bool ledger_prune_end(struct ledger_reader *r, size_t rows_max, uint64_t last_seq,
                      int64_t before_ns, uint64_t *seq, struct err *err)
{
    return reader_begin(r, err) &&
           reader_end(r, find_end(r, rows_max, last_seq, before_ns, seq, err));
}
