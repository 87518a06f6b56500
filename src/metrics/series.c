/* Sets of series: a hash table from label values to cells. */
#include <stdlib.h>

#include "litellm.h"
#include "spendwarden/hash.h"
#include "spendwarden/utf8.h"

enum { SERIES_FIRST = 16 };

struct texts *texts_new(void)
{
    struct texts *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    atomic_init(&t->users, 1);
    arena_init(&t->arena, 0);
    return t;
}

void texts_drop(struct texts *t)
{
    while (t && atomic_fetch_sub(&t->users, 1) == 1) {
        struct texts *older = t->older;
        arena_release(&t->arena);
        free(t);
        t = older;
    }
}

void set_init(struct series_set *set, enum set_kind kind, size_t cell_count)
{
    *set = (struct series_set){.kind = kind, .cell_count = cell_count};
    if (kind == SET_SPEND) {
        set->late_first = CELL_DETAIL;
        set->late_count = SPEND_CELLS - CELL_DETAIL;
        set->exemplar_count = 1;
    } else if (kind == SET_MODEL) {
        set->exemplar_count = MODEL_EXEMPLARS;
    } else if (kind == SET_LITELLM_TOKEN_DETAILS) {
        set->late_count = LITELLM_DETAIL_CELLS;
    }
}

void set_release(struct series_set *set)
{
    free(set->keys);
    free(set->labels);
    free(set->cells);
    free(set->shown_less);
    free(set->born_ns);
    free(set->exemplars);
    free(set->slots);
    free(set->gone);
    set->keys = NULL;
    set->labels = NULL;
    set->cells = set->shown_less = set->born_ns = set->gone = NULL;
    set->exemplars = NULL;
    set->slots = NULL;
    set->count = set->capacity = set->slot_count = 0;
    set->retired = 0;
}

void set_clear(struct series_set *set)
{
    set->count = 0;
    set->overflowed = set->retired = 0;
    set->swept_ns = 0;
    free(set->shown_less);
    free(set->gone);
    set->shown_less = set->gone = NULL;
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

void set_rebuild_slots(struct series_set *set)
{
    memset(set->slots, 0, set->slot_count * sizeof *set->slots);
    for (size_t i = 0; i < set->count; i++)
        put_slot(set, i);
}

/* False: no memory; the array is as it was. */
static bool grow(void *array, size_t count)
{
    void **at = array, *grown = realloc(*at, count);

    if (grown)
        *at = grown;
    return grown != NULL;
}

size_t set_memory(const struct series_set *set)
{
    size_t cells = set->cell_count * (set->shown_less ? 2 : 1);
    size_t times = 1 + set->late_count;

    return set->slot_count * sizeof *set->slots +
           set->capacity * (sizeof *set->keys + sizeof *set->labels +
                            (cells + times) * sizeof(int64_t) +
                            set->exemplar_count * sizeof *set->exemplars);
}

static bool grow_arrays(struct series_set *set, size_t capacity)
{
    size_t cells = capacity * set->cell_count * sizeof *set->cells;
    size_t exemplars = capacity * set->exemplar_count * sizeof *set->exemplars;

    return grow(&set->keys, capacity * sizeof *set->keys) &&
           grow(&set->labels, capacity * sizeof *set->labels) &&
           grow(&set->cells, cells) &&
           (!set->shown_less || grow(&set->shown_less, cells)) &&
           grow(&set->born_ns, capacity * (1 + set->late_count) * sizeof *set->born_ns) &&
           (!exemplars || grow(&set->exemplars, exemplars));
}

/* Room for one more series; the table is at most half full. */
static bool make_room(struct series_set *set)
{
    if (set->count < set->capacity)
        return true;
    size_t capacity = set->capacity ? 2 * set->capacity : SERIES_FIRST;
    if (capacity > UINT32_MAX / 2 || !grow_arrays(set, capacity))
        return false;
    uint32_t *slots = malloc(2 * capacity * sizeof *slots);
    if (!slots)
        return false;
    free(set->slots);
    set->slots = slots;
    set->slot_count = 2 * capacity;
    set->capacity = capacity;
    set_rebuild_slots(set);
    return true;
}

/* At 0, born now. */
static void begin_series(const struct metrics *m, struct series_set *set, size_t index)
{
    size_t cells = set->cell_count;
    int64_t *born = series_born(set, index);

    memset(set->cells + index * cells, 0, cells * sizeof *set->cells);
    if (set->shown_less)
        memset(set->shown_less + index * cells, 0, cells * sizeof *set->cells);
    if (set->exemplar_count)
        memset(set->exemplars + index * set->exemplar_count, 0,
               set->exemplar_count * sizeof *set->exemplars);
    for (size_t i = 0; i <= set->late_count; i++)
        born[i] = m->now_ns;
    set->keys[index].last_ns = m->now_ns;
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
    set->keys[index] = (struct key){.hash = hash, .values = copies};
    set->labels[index] = labels;
    begin_series(m, set, index);
    put_slot(set, index);
    return set->cells + index * set->cell_count;
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
    struct str values[SERIES_LABELS_MAX];

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
    char room[SERIES_LABELS_MAX][TEXT_VALUE_MAX];
    struct str clean[SERIES_LABELS_MAX];
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
        set_sweep(m, set);
    if (set->label_count > 0 && set->count >= m->options.max_series)
        return other(m, set);
    return add(m, set, clean, hash);
}

/* An event for this series. */
static int64_t *touch(const struct metrics *m, struct series_set *set, int64_t *cells)
{
    size_t index = series_of(set, cells);

    if (series_is_over(m, set, index, m->now_ns)) {
        if (!series_retire(set, index))
            return NULL;
        begin_series(m, set, index);
    }
    set->keys[index].last_ns = m->now_ns;
    return cells;
}

int64_t *set_cells(struct metrics *m, struct series_set *set, const struct str *values)
{
    uint64_t hash = values_hash(m, set, values);
    int64_t *cells = find(set, values, hash);

    if (!cells)
        cells = take_new(m, set, values, hash);
    return cells ? touch(m, set, cells) : NULL;
}

int64_t *set_restore(struct metrics *m, struct series_set *set, const struct str *values)
{
    uint64_t hash = values_hash(m, set, values);

    for (size_t i = 0; i < set->label_count; i++)
        if (!is_clean(values[i]))
            return NULL;
    return find(set, values, hash) ? NULL : add(m, set, values, hash);
}
