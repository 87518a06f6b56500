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
