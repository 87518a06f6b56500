/* Texts that wait for a receiver, bounded in alerts and bytes. One thread at a time. */
#pragma once
#include "spendwarden/str.h"
#include <stdint.h>

enum { QUEUE_BUCKETS = 1024 };

struct item {
    struct item *older, *newer;
    struct item *next; /* of its bucket */
    uint64_t key;
    size_t alerts, size;
    char text[];
};

/* Zeroed but for its bounds it is empty. */
struct queue {
    bool replaces; /* an item takes the place of one with its key */
    size_t alerts_max, bytes_max;
    size_t alerts, bytes;
    struct item *oldest, *newest;
    struct item *buckets[QUEUE_BUCKETS];
};

/* Copies. Returns how many alerts were dropped for it, or with it. */
size_t queue_put(struct queue *q, uint64_t key, size_t alerts, struct str text);

bool queue_has(const struct queue *q, uint64_t key);

/* The oldest, to be freed by the caller; NULL: empty. */
struct item *queue_take(struct queue *q);
void queue_release(struct queue *q);
