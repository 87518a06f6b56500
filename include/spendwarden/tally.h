/* Sums by keys: rows of a few integers as key and a few as sums, in a hash table that
 * grows up to a bound. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally {
    size_t key_count, sum_count, rows_max; /* set by the caller before the first use */
    size_t count, capacity;
    int64_t *rows;    /* owned; key and sums of each, in the order in which they came */
    uint32_t *places; /* owned; position + 1 in rows, 0: free */
    size_t place_count;
};

/* The sums of the key, 0 at first; valid until the next call. NULL: there is no such row
 * yet, and rows_max or memory is reached. */
int64_t *tally_at(struct tally *t, const int64_t *key);

/* The same if there is such a row, else NULL. */
const int64_t *tally_find(const struct tally *t, const int64_t *key);

static inline const int64_t *tally_row(const struct tally *t, size_t i)
{
    return t->rows + i * (t->key_count + t->sum_count);
}

/* In ascending order of keys; nothing may be added afterwards. */
void tally_sort(struct tally *t);
void tally_release(struct tally *t);

/* Adds `count` sums, or false and none of them: one would not fit. */
bool sums_add(int64_t *sums, const int64_t *more, size_t count);
