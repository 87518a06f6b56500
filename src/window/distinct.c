/* Sets of hashes: open addressing, at most half full. Not seeded: they are kept across
 * restarts. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/pack.h"

enum { CAPACITY_FIRST = 8 };

struct distinct {
    uint32_t count, capacity; /* a power of two */
    uint64_t hashes[];        /* 0: free */
};

/* False: it is there. */
static bool put(struct distinct *d, uint64_t hash)
{
    size_t mask = d->capacity - 1;

    hash += hash == 0;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        if (d->hashes[at] == hash)
            return false;
        if (d->hashes[at] != 0)
            continue;
        d->hashes[at] = hash;
        d->count++;
        return true;
    }
}

static struct distinct *with_room(size_t capacity)
{
    struct distinct *d = calloc(1, sizeof *d + capacity * sizeof *d->hashes);

    if (d)
        d->capacity = (uint32_t)capacity;
    return d;
}

static void put_all(struct distinct *to, const struct distinct *from)
{
    for (size_t i = 0; from && i < from->capacity; i++)
        if (from->hashes[i])
            put(to, from->hashes[i]);
}

static bool make_room(struct distinct **values)
{
    struct distinct *old = *values;

    if (old && old->count < old->capacity / 2)
        return true;
    struct distinct *grown = with_room(old ? 2 * (size_t)old->capacity : CAPACITY_FIRST);
    if (!grown)
        return false;
    put_all(grown, old);
    free(old);
    *values = grown;
    return true;
}

bool distinct_add(struct distinct **values, uint64_t hash, bool *grown)
{
    *grown = false;
    if (distinct_count(*values) == DISTINCT_MAX)
        return true;
    if (!make_room(values))
        return false;
    *grown = put(*values, hash);
    return true;
}

size_t distinct_count(const struct distinct *values)
{
    return values ? values->count : 0;
}

size_t distinct_union(const struct cell *cells, size_t count)
{
    size_t all = 0, most = 0, capacity = CAPACITY_FIRST;

    for (size_t i = 0; i < count; i++) {
        size_t here = distinct_count(cells[i].values);
        all += here;
        most = here > most ? here : most;
    }
    if (all == most)
        return all;
    while (capacity < 2 * all)
        capacity *= 2;
    struct distinct *together = with_room(capacity);
    for (size_t i = 0; together && i < count; i++)
        put_all(together, cells[i].values);
    if (together)
        most = together->count;
    free(together);
    return most;
}

void distinct_save(const struct distinct *values, struct buf *out)
{
    pack_int(out, (int64_t)distinct_count(values));
    for (size_t i = 0; values && i < values->capacity; i++)
        if (values->hashes[i])
            pack_int(out, (int64_t)values->hashes[i]);
}

bool distinct_load(struct distinct **values, struct unpack *u)
{
    size_t count = unpack_count(u, 1);
    bool grown;

    if (count > DISTINCT_MAX)
        u->failed = true;
    for (size_t i = 0; i < count && !u->failed; i++) {
        uint64_t hash = (uint64_t)unpack_int(u);
        if (!distinct_add(values, hash, &grown))
            u->failed = true;
    }
    return !u->failed;
}
