/* Inside of struct ledger: the open transaction and what a rollback has to restore. */
#pragma once
#include "filter.h"
#include "row.h"
#include "spendwarden/ledger_tidy.h"

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_PUT_COMMIT,
    STATEMENT_PUT_TICK,
    STATEMENT_GET_GENERATION,
    STATEMENT_PUT_GENERATION,
    STATEMENT_PUT_ALERT,
    STATEMENT_PUT_STATE,
    STATEMENT_CLAIM_BATCH,
    STATEMENT_PUT_BATCH,
    STATEMENT_PUT_GROUP,
    STATEMENT_DROP_GROUPS,
    STATEMENT_PRUNE_ENTRIES,
    STATEMENT_PRUNE_COMMITS,
    STATEMENT_PRUNE_FILTERS,
    STATEMENT_PRUNE_BATCHES,
    STATEMENT_PRUNE_TICKS,
    STATEMENT_PRUNE_ALERTS,
    STATEMENT_PRUNE_GENERATIONS,
    STATEMENT_COUNT,
};

/* What a rollback goes back to. */
struct position {
    uint64_t seq;         /* last written */
    int64_t peak_ns;      /* latest booked time up to there */
    int64_t committed_ns; /* of the last commit */
    uint64_t opening_seq; /* up to here rows are pruned; some may still be there */
    uint64_t first_seq;   /* first row that is there */
    uint64_t rolled_seq;  /* up to here rows are in rollups, or were pruned before */
};

struct ledger {
    sqlite3 *db;
    sqlite3 *tidy; /* the connection of ledger_tidy's thread; NULL until its first use */
    char *path, *journal_path;
    int lock_fd;
    int64_t journal_max_bytes;
    uint64_t seed;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct dict dict;
    struct filter filter;
    struct row_writer rows;
    struct buf keys; /* of the open transaction, as they are stored */
    struct position committed, now;
    bool in_transaction;
    bool failed; /* a part of the transaction could not be written: no commit */
    int64_t commits, commit_ns;
};

/* There is a transaction and none of its parts has failed. SQLite may have rolled back by
 * itself (disk full); what came then would be a transaction of its own. */
bool ledger_writable(const struct ledger *l, struct err *err);

/* Passes `ok` on; a false one makes the transaction uncommittable. */
static inline bool ledger_noted(struct ledger *l, bool ok)
{
    l->failed = l->failed || !ok;
    return ok;
}

enum { KEY_BYTES = 72 };

/* A commit's keys: nine little-endian 64-bit integers each, and a byte that ends them.
 * Before that byte there were seven and none. */
bool keys_add(struct buf *out, const struct dedupe_key *keys, size_t count);

/* Takes the next one off the blob; false: there is none. */
bool keys_next(struct str *blob, struct dedupe_key *out);
