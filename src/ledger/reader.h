/* Inside of struct ledger_reader. */
#pragma once
#include "filter.h"
#include "row.h"
#include "spendwarden/ledger.h"

enum query {
    QUERY_SCAN,
    QUERY_NEWEST,
    QUERY_MATCH,
    QUERY_FILTERS,
    QUERY_COMMIT_OF,
    QUERY_KEYS,
    QUERY_STATE,
    QUERY_OPENING,
    QUERY_PRUNE,
    QUERY_COUNT,
};

struct ledger_reader {
    sqlite3 *db;
    uint64_t seed;
    sqlite3_stmt *queries[QUERY_COUNT];
    struct row_reader row;
    bool held;           /* in one transaction until it is closed */
    int64_t deadline_ns; /* of the search at work, monotonic */
    struct {
        uint64_t first_seq, last_seq; /* 0, 0: none */
        int64_t committed_ns, booked_peak_ns;
    } commit; /* looked at last */
};

/* Everything between the two sees one state of the ledger. `ok` is passed on. */
bool reader_begin(struct ledger_reader *r, struct err *err);
bool reader_end(struct ledger_reader *r, bool ok);

/* *seq: of the opening, 0 if there is none. */
bool reader_opening(struct ledger_reader *r, int64_t *seq, struct err *err);

/* Fills r->commit with the last commit that begins at or before `seq`; *found: there is
 * one. */
bool reader_commit_of(struct ledger_reader *r, uint64_t seq, bool *found,
                      struct err *err);

/* The record of a row of "SELECT * FROM entries". */
bool reader_visit(struct ledger_reader *r, sqlite3_stmt *row, ledger_visit *visit,
                  void *ctx, struct err *err);

/* What is asked between the two takes at most so long, or fails. unlimit: false, the time
 * was over. */
void reader_limit(struct ledger_reader *r, int64_t limit_ns);
bool reader_unlimit(struct ledger_reader *r);
