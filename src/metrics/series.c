/* Sets of series: a hash table from label values to cells. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"
#include "spendwarden/utf8.h"

enum { SERIES_FIRST = 16 };

struct texts *texts_new(void)
{
    struct texts *t = malloc(sizeof *t);

    if (!t)
        return NULL;
    atomic_init(&t->users, 1);
    arena_init(&t->arena, 0);
    return t;
}

void texts_drop(struct texts *t)
{
    if (!t || atomic_fetch_sub(&t->users, 1) > 1)
        return;
    arena_release(&t->arena);
    free(t);
}

void set_init(struct series_set *set, enum set_kind kind, size_t cell_count)
{
    *set = (struct series_set){.kind = kind, .cell_count = cell_count};
}

void set_release(struct series_set *set)
{
    free(set->keys);
    free(set->labels);
    free(set->cells);
    free(set->slots);
    set->keys = NULL;
    set->labels = NULL;
    set->cells = NULL;
    set->slots = NULL;
    set->count = set->capacity = set->slot_count = 0;
}

void set_clear(struct series_set *set)
{
    set->count = 0;
    set->overflowed = 0;
    if (set->slots)
        memset(set->slots, 0, set->slot_count * sizeof *set->slots);
}

static uint64_t values_hash(const struct metrics *m, const struct series_set *set,
                            const struct str *values)
{
    uint64_t hash = m->seed;

    for (size_t i = 0; i < set->label_count; i++)
        hash = hash_of(values[i], hash + values[i].size);
    return hash;
}

static bool same_values(const struct series_set *set, const struct str *a,
                        const struct str *b)
{
    for (size_t i = 0; i < set->label_count; i++)
        if (!str_eq(a[i], b[i]))
            return false;
    return true;
}

static int64_t *find(const struct series_set *set, const struct str *values,
                     uint64_t hash)
{
    if (set->slot_count == 0)
        return NULL;
    size_t mask = set->slot_count - 1;
    for (size_t at = hash & mask; set->slots[at] != 0; at = (at + 1) & mask) {
        size_t index = set->slots[at] - 1;
        if (set->keys[index].hash == hash &&
            same_values(set, set->keys[index].values, values))
            return set->cells + index * set->cell_count;
    }
    return NULL;
}

static void put_slot(struct series_set *set, size_t index)
{
    size_t mask = set->slot_count - 1, at = set->keys[index].hash & mask;

    while (set->slots[at] != 0)
        at = (at + 1) & mask;
    set->slots[at] = (uint32_t)index + 1;
}

/* Room for one more series; the table is at most half full. */
static bool make_room(struct series_set *set)
{
    if (set->count < set->capacity)
        return true;
    size_t capacity = set->capacity ? 2 * set->capacity : SERIES_FIRST;
    if (capacity > UINT32_MAX / 2)
        return false;
    struct key *keys = realloc(set->keys, capacity * sizeof *keys);
    if (keys)
        set->keys = keys;
    struct str *labels = realloc(set->labels, capacity * sizeof *labels);
    if (labels)
        set->labels = labels;
    int64_t *cells = realloc(set->cells, capacity * set->cell_count * sizeof *cells);
    if (cells)
        set->cells = cells;
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);
    if (!keys || !labels || !cells || !slots) {
        free(slots);
        return false;
    }
    free(set->slots);
    set->slots = slots;
    set->slot_count = 2 * capacity;
    set->capacity = capacity;
    for (size_t i = 0; i < set->count; i++)
        put_slot(set, i);
    return true;
}

/* name="value",... as the exposition has it. */
static struct str label_text(struct metrics *m, const struct series_set *set,
                             const struct str *values)
{
    struct buf text = {0};
    struct str copy = {NULL, 0};

    for (size_t i = 0; i < set->label_count; i++) {
        if (i > 0)
            buf_byte(&text, ',');
        buf_add(&text, set->label_names[i]);
        buf_byte(&text, '=');
        expose_label_value(&text, values[i]);
    }
    if (!text.failed)
        copy = arena_copy(&m->texts->arena, buf_str(&text));
    buf_release(&text);
    return copy;
}

static int64_t *add(struct metrics *m, struct series_set *set, const struct str *values,
                    uint64_t hash)
{
    struct arena *arena = &m->texts->arena;
    struct str *copies = arena_alloc(arena, (set->label_count + 1) * sizeof *copies);

    if (!copies || !make_room(set))
        return NULL;
    for (size_t i = 0; i < set->label_count; i++) {
        copies[i] = arena_copy(arena, values[i]);
        if (copies[i].size != values[i].size)
            return NULL;
    }
    struct str labels = label_text(m, set, values);
    if (set->label_count > 0 && labels.size == 0)
        return NULL;
    size_t index = set->count++;
    set->keys[index] = (struct key){hash, copies};
    set->labels[index] = labels;
    int64_t *cells = set->cells + index * set->cell_count;
    memset(cells, 0, set->cell_count * sizeof *cells);
    put_slot(set, index);
    return cells;
}

static bool is_clean(struct str value)
{
    if (value.size > TEXT_VALUE_MAX)
        return false;
    for (size_t i = 0, length; i < value.size; i += length) {
        length = utf8_length(value.at + i, value.size - i);
        if (length == 0)
            return false;
    }
    return true;
}

/* Valid UTF-8 of bounded size: what is not text becomes '?'. */
static struct str cleaned(struct str value, char room[TEXT_VALUE_MAX])
{
    size_t size = value.size < TEXT_VALUE_MAX ? value.size : TEXT_VALUE_MAX;

    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(value.at + i, size - i);
        if (length == 0)
            room[i++] = '?';
        else
            memcpy(room + i, value.at + i, length);
        i += length;
    }
    return (struct str){room, size};
}

static int64_t *other(struct metrics *m, struct series_set *set)
{
    struct str values[METRIC_LABELS_MAX];

    for (size_t i = 0; i < set->label_count; i++)
        values[i] = STR("__other__");
    uint64_t hash = values_hash(m, set, values);
    int64_t *cells = find(set, values, hash);
    set->overflowed++;
    return cells ? cells : add(m, set, values, hash);
}

/* A series not seen under these very bytes. */
static int64_t *take_new(struct metrics *m, struct series_set *set,
                         const struct str *values, uint64_t hash)
{
    char room[METRIC_LABELS_MAX][TEXT_VALUE_MAX];
    struct str clean[METRIC_LABELS_MAX];
    bool changed = false;

    for (size_t i = 0; i < set->label_count; i++) {
        bool is_text = is_clean(values[i]);
        clean[i] = is_text ? values[i] : cleaned(values[i], room[i]);
        changed |= !is_text;
    }
    if (changed) {
        hash = values_hash(m, set, clean);
        int64_t *cells = find(set, clean, hash);
        if (cells)
            return cells;
    }
    if (set->label_count > 0 && set->count >= m->options.max_series)
        return other(m, set);
    return add(m, set, clean, hash);
}

int64_t *set_cells(struct metrics *m, struct series_set *set, const struct str *values)
{
    uint64_t hash = values_hash(m, set, values);
    int64_t *cells = find(set, values, hash);

    return cells ? cells : take_new(m, set, values, hash);
}

int64_t *set_restore(struct metrics *m, struct series_set *set, const struct str *values)
{
    uint64_t hash = values_hash(m, set, values);

    for (size_t i = 0; i < set->label_count; i++)
        if (!is_clean(values[i]))
            return NULL;
    return find(set, values, hash) ? NULL : add(m, set, values, hash);
}
