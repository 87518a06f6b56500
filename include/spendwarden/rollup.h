/* Rollups: sums of 15 minutes of booked time by labels, made once for a closed range of
 * rows. A late row is in the slot of its own time, of a newer range. So rollups and the
 * rows after the last range are always all there is, and they stay when rows go. */
#pragma once
#include "spendwarden/ledger.h"

struct rollup; /* of one range; owned by the caller */

/* The last row that a rollup has, or that was pruned before there were any. */
uint64_t ledger_rolled(const struct ledger *l);

/* The last row that a rollup has; 0: none has. */
bool ledger_rolled_seq(struct ledger_reader *r, uint64_t *seq, struct err *err);

/* Sums up the rows after it: `rows_max`, or fewer if they have many labels. NULL: there
 * are none. Reads only. */
bool ledger_roll_up(struct ledger_reader *r, size_t rows_max, struct rollup **out,
                    struct err *err);
void rollup_free(struct rollup *u); /* accepts NULL */

/* Within a transaction, about a ms: some of its groups; with the last ones it counts.
 * *more: go on with a next transaction. Refused if another range is in the way. After a
 * failure, of the commit too, it is of no use any more, and nothing of it counts. */
bool ledger_put_rollup(struct ledger *l, struct rollup *u, bool *more, struct err *err);

/* --- proof --- */

struct rollup_audit {
    uint64_t batches, checked;    /* checked: all of its rows are there still */
    uint64_t first_seq, last_seq; /* that rollups have; 0: there are none */
    struct money charged;         /* sum of all of them */
};

/* Called for each that is not what its rows add up to. */
typedef void rollup_differs(void *ctx, uint64_t first_seq, uint64_t last_seq,
                            const char *what);

/* Sums all rows up again. */
bool ledger_audit_rollups(struct ledger_reader *r, struct rollup_audit *out,
                          rollup_differs *differs, void *ctx, struct err *err);
