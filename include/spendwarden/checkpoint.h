/* The state "books" of a ledger: counters, windows and known names as of one row. */
#pragma once
#include "spendwarden/str.h"
#include <stdbool.h>
#include <stdint.h>

/* Its parts, borrowed from the state. */
struct checkpoint {
    struct str metrics, windows, known;
    int64_t at_ns; /* when it was made */
};

/* False: not one of ours. */
bool checkpoint_read(struct checkpoint *c, struct str state);

/* The state "opening" of a ledger: what its pruned rows added up to. */
struct opening {
    uint64_t rows;
    struct money charged;
    struct money uncounted; /* the part that the counters lack: their labels changed */
    struct str metrics;     /* borrowed from the state */
};

/* An empty state is an opening of nothing. False: not one of ours. */
bool opening_read(struct opening *o, struct str state);

/* Sets a registry to the opening's counters, 0 where they had other labels (false). It
 * then also has those that `known`, the counters of a checkpoint, has. */
bool opening_restore(struct metrics *m, const struct opening *o, struct str known);
