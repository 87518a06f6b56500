/* The append-only record of every event with its charge and provenance: the truth.
 * Nothing above this header knows what stores it. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/dedupe.h"

struct ledger; /* the one writer; calls one at a time, under the caller's lock */
struct ledger_options {
    const char *path;
    const struct schema *schema; /* names of declared labels; outlives the ledger */
    int64_t journal_max_bytes;   /* write-ahead log size that forces a checkpoint of it */
};

/* Opens or creates. ERR_BUSY: another process writes it; the text names its pid.
 * ERR_INPUT: a schema newer than this program. On failure *out is NULL. */
bool ledger_open(struct ledger **out, const struct ledger_options *options,
                 struct err *err);
void ledger_close(struct ledger *l);          /* accepts NULL; rolls back what is open */
uint64_t ledger_seed(const struct ledger *l); /* its secret: seeds dedupe keys */
uint64_t ledger_last_seq(const struct ledger *l); /* last written; 0 when empty */

/* --- one transaction: begin, any of these, commit or rollback --- */
bool ledger_begin(struct ledger *l, struct err *err);

/* Sets r->seq. Borrows everything. identity[] is not kept. If this or a put fails, the
 * rest of the transaction fails too, and the caller rolls back. */
bool ledger_append(struct ledger *l, struct record *r, struct err *err);

/* A provider's batch is told again whenever somebody looks at it, long after dedupe has
 * forgotten it. *first: none of its reports (dedupe_key.report) has a row that is still
 * there; the next one appended is its row. */
bool ledger_claim_batch(struct ledger *l, const uint64_t report[2], bool *first,
                        struct err *err);

/* The dedupe keys of the records appended in this transaction, in their order: once. */
bool ledger_put_keys(struct ledger *l, const struct dedupe_key *keys, size_t count,
                     struct err *err);

/* A rule tick at `tick_ns`; it saw every record up to the last one before it. */
bool ledger_put_tick(struct ledger *l, int64_t tick_ns, struct err *err);

/* What decides from here on. Gives its number, from 1; an unchanged one keeps its own. */
struct generation_row {
    struct str config_hash, policy_hash, data_hash, price_hash; /* hex */
    struct str disabled; /* policies that the breaker took out: a JSON list, or empty */
    int64_t active_since_ns;
};
bool ledger_put_generation(struct ledger *l, const struct generation_row *g,
                           uint32_t *number, struct err *err);

/* One state change of an alert, for its history; its annotations say threshold, spent. */
struct alert_row {
    int64_t tick_ns;
    uint32_t generation; /* that decided; 0: a row of an older version */
    struct str policy, policy_version, rule, labels_json, annotations_json, from_state,
        to_state;
    double value;
};
bool ledger_put_alert(struct ledger *l, const struct alert_row *a, struct err *err);
/* A named state that includes every record appended so far, replacing the last one of
 * that name: "books" is the checkpoint of counters and windows, "alerts" of alerts. */
bool ledger_put_state(struct ledger *l, struct str name, struct str state,
                      struct err *err);

/* Durable once this returns true; on failure nothing of the transaction is kept, and it
 * is rolled back. A time before the last commit's is raised to that. */
bool ledger_commit(struct ledger *l, int64_t committed_ns, struct err *err);
void ledger_rollback(struct ledger *l);

struct ledger_stats {
    int64_t bytes, journal_bytes;    /* file sizes */
    int64_t used_bytes;              /* of `bytes`, without pages that are free again */
    int64_t commits, commit_ns;      /* total, and time spent in them */
    uint64_t opening_seq, first_seq; /* of the opening; of the first row on disk */
};
void ledger_stats(const struct ledger *l, struct ledger_stats *out);

/* --- reading: any number of readers, each used by one thread at a time; none blocks
 * the writer. Also opens a ledger that no process writes. --- */
struct ledger_reader;
bool ledger_reader_open(struct ledger_reader **out, const char *path,
                        const struct schema *schema, struct err *err);
void ledger_reader_close(struct ledger_reader *r);
/* Until it is closed, this reader sees the ledger as it is now. */
bool ledger_reader_hold(struct ledger_reader *r, struct err *err);

/* Called per record; it and its text are valid for the call. False stops the scan, and
 * the scan returns false with the callee's *err. */
typedef bool ledger_visit(void *ctx, const struct record *r, struct err *err);
/* Records with after < seq <= until that are not in the opening, in commit order. */
bool ledger_scan(struct ledger_reader *r, uint64_t after, uint64_t until,
                 ledger_visit *visit, void *ctx, struct err *err);

/* The newest `limit` records, newest first, or those whose id, call_id, trace_id or
 * response_id equals `id` unless it is empty; a search ends after 5 s with an error. */
bool ledger_find(struct ledger_reader *r, struct str id, size_t limit,
                 ledger_visit *visit, void *ctx, struct err *err);

/* A seq such that every record booked at or after `booked_ns` has a greater one, as close
 * as the sparse time index tells: where a window's fill from history starts. */
bool ledger_seq_before(struct ledger_reader *r, int64_t booked_ns, uint64_t *seq,
                       struct err *err);

/* *seq: the last record that the state includes; 0 and an empty *out if there is none. */
bool ledger_read_state(struct ledger_reader *r, struct str name, struct buf *out,
                       uint64_t *seq, struct err *err);
/* Keys committed at or after `since_ns`, oldest first; false ends the scan well. */
typedef bool ledger_visit_key(void *ctx, const struct dedupe_key *key,
                              int64_t committed_ns);
bool ledger_scan_keys(struct ledger_reader *r, int64_t since_ns, ledger_visit_key *visit,
                      void *ctx, struct err *err);

bool ledger_last_tick(struct ledger_reader *r, int64_t *tick_ns, struct err *err);
uint64_t ledger_reader_last_seq(struct ledger_reader *r);
