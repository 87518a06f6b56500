/* Where in the ring a key stands: open addressing over slot numbers. The keys
 * themselves stay in the ring; whoever asks compares them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
    uint32_t tag;  /* high half of the hash: spares most looks into the ring */
    uint32_t slot; /* of the ring, plus one; 0: empty */
};

struct table {
    struct place *places; /* owned */
    size_t size;          /* a power of two */
    size_t used;
};

enum { TABLE_SIZE_FIRST = 1024 };

bool table_open(struct table *t, size_t size);
void table_close(struct table *t);

/* The first place that may hold the hash, or an empty one; then the next. */
static inline struct place *table_first(const struct table *t, uint64_t hash)
{
    return &t->places[hash & (t->size - 1)];
}

static inline struct place *table_next(const struct table *t, struct place *p)
{
    return ++p == t->places + t->size ? t->places : p;
}

static inline uint32_t table_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static inline bool table_is_full(const struct table *t)
{
    return t->used >= t->size / 4 * 3;
}

/* Fills an empty place. The table must not be full. */
void table_fill(struct table *t, struct place *empty, uint64_t hash, uint32_t slot);

/* Empties it and moves up those that had to give way to it. `hash_at` tells the hash of
 * the key in a slot of the ring. */
typedef uint64_t table_hash(const void *ring, uint32_t slot);
void table_clear(struct table *t, struct place *p, table_hash *hash_at, const void *ring);

/* The most entries that fit into max_bytes with their tables at most three quarters
 * full. */
size_t table_capacity(size_t max_bytes, size_t tables, size_t entry_bytes);
