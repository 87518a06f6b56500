/* The gateway's own budgets, as the newest event of each told them. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/pack.h"
#include "spendwarden/record.h"

struct held_limit {
    struct limit limit; /* spent: after that event; text is in `text` */
    uint64_t hash;
    int64_t booked_ns, last_ns; /* that event's; when the last one was committed */
    char *text;                 /* owned: id, then alias */
};

struct limits {
    size_t max; /* of each kind */
    uint64_t seed;
    int64_t retire_ns;
    size_t count, capacity, slot_count;
    size_t count_of[LIMIT_OF_COUNT];
    struct held_limit *items; /* owned */
    uint32_t *slots;          /* owned; index + 1 by hash; 0: free */
    int64_t swept_ns;
    int64_t refused; /* for want of room, or of memory */
};

/* As it is: empty, and remembers its bounds. */
void limits_clear(struct limits *t);
void limits_release(struct limits *t);

/* Those of the event; an older event than the last one changes nothing. What its team,
 * key and organisation are called is kept as well, as a limit of -1. */
void limits_apply(struct limits *t, const struct record *r);

/* One allocation, to be freed: *count limits and their text, without those of which no
 * event came for so long. NULL: no memory. */
struct limit *limits_copy(const struct limits *t, int64_t now_ns, size_t *count);

size_t limits_memory(const struct limits *t);

void limits_save(const struct limits *t, struct buf *out);

/* Into an empty table; `t` NULL: reads past them. */
void limits_load(struct limits *t, struct unpack *u);
