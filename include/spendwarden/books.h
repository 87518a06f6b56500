/* The ledger and its views (dedupe memory, counters, windows), kept together: one commit
 * makes all of them, so they cannot disagree. Threads: any; a lock inside. */
#pragma once
#include "spendwarden/dedupe.h"
#include "spendwarden/ledger.h"
#include "spendwarden/metrics.h"
#include "spendwarden/window.h"

struct books;

struct books_options {
    struct ledger_options ledger;
    struct metrics_options metrics;
    struct window_limits windows;
    int64_t dedupe_horizon_ns;
    size_t dedupe_max_bytes;
};

/* Opens the ledger and restores dedupe memory and counters from the last checkpoint and
 * the rows after it. Windows follow by books_declare. */
bool books_open(struct books **out, const struct books_options *options, struct err *err);

/* Writes a last checkpoint if it can. Accepts NULL. */
void books_close(struct books *b);

/* Makes these the windows and policy metrics that count, and puts the windows' ids into
 * `ids`. Windows that were declared before keep what they hold; new ones are filling
 * until books_fill has read their history, unless it is short. One caller at a time. */
bool books_declare(struct books *b, const struct window_decl *windows,
                   size_t window_count, const struct metric_decl *metrics,
                   size_t metric_count, int *ids, struct err *err);

/* Takes a step, some 10 ms, in reading the history of new windows while commits go on.
 * *more: call again. A step that failed is tried again by the next call; it is counted.
 * Called by a thread of its own. */
bool books_fill(struct books *b, bool *more, struct err *err);

/* --- events --- */

enum commit_verdict {
    COMMIT_ACCEPTED,
    COMMIT_DUPLICATE,
    COMMIT_COMPLETED, /* a duplicate: its charge is booked, since the first had none */
};

/* Decided events of one body. The caller owns it, and waits in books_commit. */
struct batch {
    struct record **records;
    size_t count;
    enum commit_verdict *verdicts; /* out: one per record; room given by the caller */
    size_t accepted, duplicate;    /* out */
    size_t conflicts;              /* out: of duplicates, those with other numbers */
    struct batch *next;            /* of the list that is committed together */
};

/* Commits a list of batches, durably, in one transaction; with other threads' lists if
 * they wait at the same time. False: nothing of the list was kept. */
bool books_commit(struct books *b, struct batch *list, struct err *err);

/* What a decider puts into a record's generation. */
bool books_generation(struct books *b, const struct generation_row *row, uint32_t *number,
                      struct err *err);

/* --- ticks --- */

/* Writes the tick and copies the sums of the windows `ids` as of its time, which is
 * *tick_ns. False: the ledger refused; *err says why. */
bool books_tick(struct books *b, const int *ids, size_t count, struct arena *arena,
                struct window_sums *sums, int64_t *tick_ns, struct err *err);

/* Alert history and states, durable when this returns true. */
bool books_put_alerts(struct books *b, const struct alert_row *rows, size_t count,
                      struct str states, struct err *err);

/* The states as last put; empty at first. */
bool books_alerts(struct books *b, struct buf *out, struct err *err);

/* --- views --- */

/* What may be shown of the counters. NULL: no memory. */
struct metrics_copy *books_metrics(struct books *b, uint64_t *last_seq);
/* It was shown, up to row `seq`, and must not fall below that. By one thread. */
void books_shown(struct books *b, uint64_t seq);

struct books_stats {
    struct ledger_stats ledger;
    struct window_stats windows;
    uint64_t last_seq, unrolled_rows; /* the latter are in no rollup yet */
    int64_t last_commit_ns, last_checkpoint_ns, dedupe_reach_ns;
    size_t dedupe_keys;
    int64_t late, future; /* events */
    int64_t failed_commits, failed_fills;
    bool writable;         /* the last commit worked */
    uint64_t first_seq;    /* of the rows that were not pruned; 0: there is none */
    uint64_t opening_rows; /* those that were */
};

void books_stats(struct books *b, struct books_stats *out);

/* One for each id that books_declare gave; zeroes where it is no longer in use. */
void books_look(struct books *b, const int *ids, size_t count, struct window_look *out);
