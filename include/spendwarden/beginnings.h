/* Since when counters have been shown that nobody keeps the birth of: those of the
 * program itself, whose series appear with their first event. One thread. */
#pragma once
#include "spendwarden/str.h"

enum { BEGINNINGS_MAX = 4096, BEGINNINGS_SLOTS = 2 * BEGINNINGS_MAX };

struct beginning {
    uint64_t series; /* its hash; 0: free */
    int64_t born_ns;
};

/* A zeroed one is empty: what it sees first after five minutes without a look is old. */
struct beginnings {
    int64_t at_ns;    /* of this look */
    bool after_pause; /* the one before it is long ago */
    size_t count;
    struct beginning of[BEGINNINGS_SLOTS];
};

/* Begins a look. `started_ns`: when counting began. */
void beginnings_look(struct beginnings *b, int64_t at_ns, int64_t started_ns);

/* Counting begins anew: of all series that were seen. */
void beginnings_forget(struct beginnings *b);

/* Of a series by its text. Beyond BEGINNINGS_MAX all are old: 0. */
int64_t beginnings_born(struct beginnings *b, struct str series);
