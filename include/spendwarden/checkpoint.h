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
