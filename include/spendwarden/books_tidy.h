/* What keeps books in shape beside the commits: done now and then, by one thread. */
#pragma once
#include "spendwarden/books.h"

/* Moves the ledger's journal along. */
bool books_tidy(struct books *b, struct err *err);

/* Of the last row: what was written since is what there is to tidy. */
uint64_t books_last_seq(struct books *b);

/* Sums up rows that are in no rollup yet, if they are many: one step, some 50 ms with the
 * lock free but for some of them. *more: call again. */
bool books_roll_up(struct books *b, bool *more, struct err *err);

/* Windows reach back 31 days and as many of offset, a bucket, and the 5 min that a row
 * may be booked after its commit. Younger rows stay, so that windows can be filled. */
enum { RETENTION_LEAST_DAYS = 63 };

struct retention {
    int64_t time_ns; /* at least the days above; 0: for ever */
    int64_t bytes;   /* of the file without its free pages; 0: no bound */
};

/* Takes a bounded part of what is beyond it out, and leaves what that added up to. */
bool books_prune(struct books *b, const struct retention *keep, struct err *err);
