/* The groups of a stream: a hash table, an order for reading, and each group's cells. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"

enum { GROUPS_FIRST = 16, CELLS_FIRST = 4 };

uint64_t group_hash(const struct stream *s, const struct str *by, uint64_t seed)
{
    uint64_t hash = seed;

    for (size_t i = 0; i < s->decl.by_count; i++)
        hash = hash_of(by[i], hash + by[i].size);
    return hash;
}

static bool same_values(const struct stream *s, const struct str *a, const struct str *b)
{
    for (size_t i = 0; i < s->decl.by_count; i++)
        if (!str_eq(a[i], b[i]))
            return false;
    return true;
}

struct group *group_find(const struct stream *s, const struct str *by, uint64_t hash)
{
    if (s->slot_count == 0)
        return NULL;
    size_t mask = s->slot_count - 1;
    for (size_t at = hash & mask; s->slots[at] != 0; at = (at + 1) & mask) {
        struct group *g = &s->groups[s->slots[at] - 1];
        if (g->hash == hash && same_values(s, g->by, by))
            return g;
    }
    return NULL;
}

static void put_slot(struct stream *s, uint32_t index)
{
    size_t mask = s->slot_count - 1, at = s->groups[index].hash & mask;

    while (s->slots[at] != 0)
        at = (at + 1) & mask;
    s->slots[at] = index + 1;
}

static void rebuild_slots(struct stream *s)
{
    memset(s->slots, 0, s->slot_count * sizeof *s->slots);
    for (size_t i = 0; i < s->group_count; i++)
        put_slot(s, (uint32_t)i);
}

/* Room for one more group; the table is at most half full. */
static bool make_room(struct stream *s)
{
    if (s->group_count < s->group_capacity)
        return true;
    size_t capacity = s->group_capacity ? 2 * s->group_capacity : GROUPS_FIRST;
    if (capacity > UINT32_MAX / 2)
        return false;
    struct group *groups = realloc(s->groups, capacity * sizeof *groups);
    if (groups)
        s->groups = groups;
    uint32_t *order = realloc(s->order, capacity * sizeof *order);
    if (order)
        s->order = order;
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);
    if (!groups || !order || !slots) {
        free(slots);
        return false;
    }
    free(s->slots);
    s->slots = slots;
    s->slot_count = 2 * capacity;
    s->group_capacity = capacity;
    rebuild_slots(s);
    return true;
}

static int compare_values(const struct stream *s, const struct str *a,
                          const struct str *b)
{
    int order = 0;

    for (size_t i = 0; order == 0 && i < s->decl.by_count; i++)
        order = str_compare(a[i], b[i]);
    return order;
}

static void put_order(struct stream *s, uint32_t index)
{
    size_t low = 0, high = s->group_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_values(s, s->groups[s->order[middle]].by, s->groups[index].by) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    memmove(s->order + low + 1, s->order + low,
            (s->group_count - low) * sizeof *s->order);
    s->order[low] = index;
}

/* The values and their text in one block. */
static struct str *copy_values(const struct stream *s, const struct str *by)
{
    size_t count = s->decl.by_count, size = count * sizeof *by;

    for (size_t i = 0; i < count; i++)
        size += by[i].size;
    struct str *copy = malloc(size);
    if (!copy)
        return NULL;
    char *text = (char *)(copy + count);
    for (size_t i = 0; i < count; i++) {
        if (by[i].size)
            memcpy(text, by[i].at, by[i].size);
        copy[i] = (struct str){text, by[i].size};
        text += by[i].size;
    }
    return copy;
}

struct group *group_add(struct stream *s, const struct str *by, uint64_t hash)
{
    struct str *copy = NULL;

    if (!make_room(s))
        return NULL;
    if (s->decl.by_count > 0 && !(copy = copy_values(s, by)))
        return NULL;
    uint32_t index = (uint32_t)s->group_count;
    s->groups[index] = (struct group){.hash = hash, .by = copy};
    put_order(s, index);
    put_slot(s, index);
    s->group_count++;
    return &s->groups[index];
}

/* The first `count` cells from `first` on; what they take of the bound. */
static size_t release_values(const struct stream *s, struct group *g, uint32_t count)
{
    size_t values = 0;

    if (s->decl.aggregate != AGGREGATE_DISTINCT)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        struct cell *cell = &g->cells[g->first + i];
        values += distinct_count(cell->values);
        free(cell->values);
    }
    return values;
}

void group_release(const struct stream *s, struct group *g)
{
    release_values(s, g, g->count);
    free(g->by);
    free(g->cells);
}

void groups_sweep(struct stream *s)
{
    uint32_t *moved = malloc((s->group_count + 1) * sizeof *moved);
    size_t kept = 0, ordered = 0;

    if (!moved)
        return;
    for (size_t i = 0; i < s->group_count; i++) {
        moved[i] = UINT32_MAX;
        if (s->groups[i].count == 0) {
            group_release(s, &s->groups[i]);
            continue;
        }
        moved[i] = (uint32_t)kept;
        s->groups[kept++] = s->groups[i];
    }
    for (size_t i = 0; i < s->group_count; i++)
        if (moved[s->order[i]] != UINT32_MAX)
            s->order[ordered++] = moved[s->order[i]];
    s->group_count = kept;
    rebuild_slots(s);
    free(moved);
}

size_t group_trim(struct windows *w, struct stream *s, struct group *g, int64_t floor_ns)
{
    uint32_t gone = 0;

    while (gone < g->count && g->cells[g->first + gone].start_ns <= floor_ns)
        gone++;
    size_t room = gone + release_values(s, g, gone);
    g->first += gone;
    g->count -= gone;
    s->cell_count -= room;
    w->cell_count -= room;
    if (g->count == 0 && g->cells) {
        free(g->cells);
        g->cells = NULL;
        g->first = g->capacity = 0;
    }
    return gone;
}

/* Where the cell is or belongs, from `first`. Nearly always the last place. */
static uint32_t cell_place(const struct group *g, int64_t start_ns)
{
    const struct cell *cells = g->cells + g->first;
    uint32_t low = 0, high = g->count;

    if (g->count == 0 || cells[g->count - 1].start_ns < start_ns)
        return g->count;
    if (cells[g->count - 1].start_ns == start_ns)
        return g->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cells[middle].start_ns < start_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct cell *group_cell(const struct group *g, int64_t start_ns)
{
    uint32_t place = cell_place(g, start_ns);
    struct cell *cell = g->cells + g->first + place;

    return place < g->count && cell->start_ns == start_ns ? cell : NULL;
}

size_t group_cells_until(const struct group *g, int64_t ns)
{
    const struct cell *cells = g->cells + g->first;
    size_t low = 0, high = g->count;

    if (g->count && cells[g->count - 1].start_ns <= ns) /* nearly always */
        return g->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (cells[middle].start_ns <= ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool room_for_cell(struct group *g)
{
    if (g->first + g->count < g->capacity)
        return true;
    /* Enough of it is trimmed: moving down is cheaper than growing. */
    if (g->first > 0 && g->first >= g->capacity / 4) {
        memmove(g->cells, g->cells + g->first, g->count * sizeof *g->cells);
        g->first = 0;
        return true;
    }
    uint32_t capacity = g->capacity ? 2 * g->capacity : CELLS_FIRST;
    struct cell *cells = realloc(g->cells, capacity * sizeof *cells);
    if (!cells)
        return false;
    g->cells = cells;
    g->capacity = capacity;
    return true;
}

struct cell *group_add_cell(struct windows *w, struct stream *s, struct group *g,
                            int64_t start_ns)
{
    if (!room_for_cell(g))
        return NULL;
    uint32_t place = cell_place(g, start_ns);
    struct cell *cell = g->cells + g->first + place;
    memmove(cell + 1, cell, (g->count - place) * sizeof *cell);
    *cell = (struct cell){.start_ns = start_ns};
    g->count++;
    s->cell_count++;
    w->cell_count++;
    return cell;
}
