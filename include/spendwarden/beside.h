/* What candidates (policies.shadow) would have made of an event. Goes with the record as
 * far as its commit, and is not kept. */
#pragma once
#include "spendwarden/money.h"
#include <stdbool.h>
#include <stdint.h>

enum beside_state {
    BESIDE_NONE, /* there are none */
    BESIDE_SAME,
    BESIDE_CHANGED,
    BESIDE_FAILED, /* one of them did; what the others decided is told all the same */
    BESIDE_SKIPPED /* there was no time for it */
};

struct beside {
    enum beside_state state;
    bool class, charge, billed; /* would be others */
    uint32_t labels;            /* a bit for each, from TEXT_LABEL_FIRST */
    struct money would_charge;
};
