/* Finds a request by its ids without an index on random keys: a Bloom filter for every
 * 1024 rows, written with the last of them. 16 bits for each of up to four ids and four
 * probes: one filter in 400 says yes for nothing. */
#pragma once
#include "db.h"
#include "spendwarden/record.h"

enum { FILTER_ROWS = 1024, FILTER_BYTES = 8192, FILTER_ID_COUNT = 4 };

/* The ids that ledger_find knows. */
static const uint8_t filter_ids[FILTER_ID_COUNT] = {TEXT_ID, TEXT_CALL_ID, TEXT_TRACE_ID,
                                                    TEXT_RESPONSE_ID};

struct filter {
    sqlite3_stmt *insert; /* owned */
    uint64_t seed;        /* the ledger's secret */
    uint64_t first_seq;   /* of the running block, pruned rows included */
    uint8_t bits[FILTER_BYTES];
};

bool filter_open(struct filter *f, sqlite3 *db, uint64_t seed, struct err *err);
void filter_close(struct filter *f);

/* The running block as the rows in the ledger say: at start and after a rollback. Should
 * they be unreadable, the filter says yes to everything. */
bool filter_restore(struct filter *f, sqlite3 *db, struct err *err);

/* Of a row just written; writes the filter when its block is full. */
bool filter_add(struct filter *f, const struct record *r, struct err *err);

/* False: no row of the block has this id. `bits` as written; of another size: true. */
bool filter_may_have(struct str bits, struct str id, uint64_t seed);
