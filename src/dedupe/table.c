#include "table.h"

#include <stdlib.h>

bool table_open(struct table *t, size_t size)
{
    *t = (struct table){calloc(size, sizeof *t->places), size, 0};
    return t->places != NULL;
}

void table_close(struct table *t)
{
    free(t->places);
    *t = (struct table){0};
}

void table_fill(struct table *t, struct place *empty, uint64_t hash, uint32_t slot)
{
    *empty = (struct place){table_tag(hash), slot + 1};
    t->used++;
}

void table_clear(struct table *t, struct place *p, table_hash *hash_at, const void *ring)
{
    size_t mask = t->size - 1;
    struct place *hole = p;

    for (p = table_next(t, p); p->slot; p = table_next(t, p)) {
        size_t home = hash_at(ring, p->slot - 1) & mask;
        size_t from_home = ((size_t)(p - t->places) - home) & mask;
        size_t from_hole = (size_t)(p - hole) & mask;
        if (from_home < from_hole)
            continue;
        *hole = *p;
        hole = p;
    }
    *hole = (struct place){0};
    t->used--;
}

size_t table_capacity(size_t max_bytes, size_t tables, size_t entry_bytes)
{
    size_t best = 0;

    for (size_t size = TABLE_SIZE_FIRST; size <= (size_t)1 << 31; size *= 2) {
        size_t places = tables * size * sizeof(struct place);
        if (places >= max_bytes)
            break;
        size_t by_ring = (max_bytes - places) / entry_bytes;
        size_t by_table = size / 4 * 3;
        size_t least = by_ring < by_table ? by_ring : by_table;
        best = least > best ? least : best;
    }
    return best;
}
