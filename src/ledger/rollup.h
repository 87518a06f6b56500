/* Rollups inside: the range in memory, and rows of both tables in one shape. */
#pragma once
#include "reader.h"
#include "spendwarden/rollup.h"
#include "spendwarden/spend.h"
#include "spendwarden/tally.h"

enum {
    ROLLUP_LABELS = 16,
    ROLLUP_KEYS = 1 + ROLLUP_LABELS, /* the slot's time, then ids in dict, 0: absent */
    ROLLUP_GROUPS_MAX = 4096,        /* of one range */
    ROLLUP_GROUPS_STEP = 400,        /* that one transaction inserts */
};

/* Which they are; the class comes last. */
extern const uint8_t rollup_texts[ROLLUP_LABELS - 1];

struct rollup {
    uint64_t first_seq, last_seq;
    struct tally groups;
    size_t put; /* how many of them are written */
};

/* One row: of `rollups`, or of `entries` as if it were one. */
struct rolled {
    uint64_t seq; /* of an entry */
    bool counts;  /* it is a charge */
    int64_t key[ROLLUP_KEYS], sums[SPEND_SUM_COUNT];
};

/* Rows after < seq <= until, for rolled_entry. */
bool rolled_entries(struct ledger_reader *r, sqlite3_stmt **out, uint64_t after,
                    uint64_t until, struct err *err);
void rolled_entry(sqlite3_stmt *row, struct rolled *out);

/* Groups of a range with from <= slot < until, for rolled_group; in order. */
bool rolled_groups(struct ledger_reader *r, sqlite3_stmt **out, uint64_t batch,
                   int64_t from_ns, int64_t until_ns, struct err *err);
void rolled_group(sqlite3_stmt *row, struct rolled *out);

/* Whether the file has rollups at all: an older one that nobody writes has none. */
bool rollups_exist(struct ledger_reader *r, bool *exist, struct err *err);

/* Rows after u->last_seq, up to `until`, or until its groups are too many. Sorted. */
bool rollup_gather(struct ledger_reader *r, struct rollup *u, uint64_t until,
                   struct err *err);
