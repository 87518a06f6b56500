/* Series that end: those without events, and all of them when an older ledger is back. */
#include <stdlib.h>

#include "internal.h"

enum { SWEEPS = 16, TEXTS_SLACK = 1 << 20 };

bool series_is_over(const struct metrics *m, const struct series_set *set, size_t index,
                    int64_t now_ns)
{
    int64_t retire_ns = m->options.retire_ns;

    return retire_ns > 0 && set->kind != SET_ATTRIBUTED &&
           now_ns - set->keys[index].last_ns > retire_ns;
}

bool series_retire(struct series_set *set, size_t index)
{
    const int64_t *cells = set->cells + index * set->cell_count;

    if (!set->gone)
        set->gone = calloc(set->cell_count, sizeof *set->gone);
    if (!set->gone)
        return false;
    for (size_t i = 0; i < set->cell_count; i++)
        add_clamped(&set->gone[i], cells[i]);
    set->retired++;
    return true;
}

static void move_items(void *array, size_t size, size_t to, size_t from)
{
    if (array && size)
        memcpy((char *)array + to * size, (char *)array + from * size, size);
}

static void move_series(struct series_set *set, size_t to, size_t from)
{
    size_t cells = set->cell_count * sizeof *set->cells;

    if (to == from)
        return;
    set->keys[to] = set->keys[from];
    set->labels[to] = set->labels[from];
    move_items(set->cells, cells, to, from);
    move_items(set->shown_less, cells, to, from);
    move_items(set->born_ns, (1 + set->late_count) * sizeof *set->born_ns, to, from);
    move_items(set->exemplars, set->exemplar_count * sizeof *set->exemplars, to, from);
}

/* --- text of series that are gone --- */

static bool renew_series(struct metrics *m, const struct series_set *set, size_t index)
{
    struct arena *arena = &m->texts->arena;
    struct str *values = arena_alloc(arena, (set->label_count + 1) * sizeof *values);
    bool ok = values && text_copy(m, &set->labels[index]);

    for (size_t i = 0; ok && i < set->label_count; i++) {
        values[i] = set->keys[index].values[i];
        ok = text_copy(m, &values[i]);
    }
    if (ok)
        set->keys[index].values = values;
    return ok;
}

static bool renew_set(struct metrics *m, struct series_set *set)
{
    size_t bounds = set->bound_count * sizeof *set->bounds;
    bool ok = text_copy(m, &set->name) && text_copy(m, &set->help);

    for (size_t i = 0; ok && i < set->label_count; i++)
        ok = text_copy(m, &set->label_names[i]);
    if (ok && bounds) {
        int64_t *copy = arena_alloc(&m->texts->arena, bounds);
        ok = copy != NULL;
        if (ok)
            set->bounds = memcpy(copy, set->bounds, bounds);
    }
    for (size_t i = 0; ok && i < set->count; i++)
        ok = renew_series(m, set, i);
    return ok;
}

/* Text is never given back piece by piece: what is alive moves to new room. Without
 * memory for all of it the old room stays beside the new. */
static void renew_texts(struct metrics *m)
{
    struct texts *old = m->texts, *fresh = texts_new();
    bool ok = fresh != NULL;

    if (!ok)
        return;
    m->texts = fresh;
    for (size_t i = 0; ok && i < m->set_count; i++)
        ok = renew_set(m, &m->sets[i]);
    m->texts_alive = fresh->arena.used;
    if (ok)
        texts_drop(old);
    else
        fresh->older = old;
}

void set_sweep(struct metrics *m, struct series_set *set)
{
    size_t kept = 0;

    if (m->options.retire_ns == 0 ||
        m->now_ns - set->swept_ns < m->options.retire_ns / SWEEPS)
        return;
    set->swept_ns = m->now_ns;
    for (size_t i = 0; i < set->count; i++) {
        if (series_is_over(m, set, i, m->now_ns) && series_retire(set, i))
            continue;
        move_series(set, kept++, i);
    }
    if (kept == set->count)
        return;
    set->count = kept;
    set_rebuild_slots(set);
    if (m->texts->arena.used > 2 * m->texts_alive + TEXTS_SLACK)
        renew_texts(m);
}

bool metrics_has_retired(const struct metrics *m)
{
    for (size_t i = 0; i < m->set_count; i++)
        if (m->sets[i].retired)
            return true;
    return false;
}

/* --- all anew --- */

bool set_show_less(struct series_set *set)
{
    free(set->shown_less);
    set->shown_less =
        calloc(set->capacity * set->cell_count + 1, sizeof *set->shown_less);
    return set->shown_less != NULL;
}

static bool show_set_anew(struct series_set *set, int64_t now_ns)
{
    size_t cells = set->count * set->cell_count;

    if (!set_show_less(set))
        return false;
    int64_t *less = set->shown_less;
    if (cells)
        memcpy(less, set->cells, cells * sizeof *less);
    for (size_t i = 0; i < set->count; i++) {
        if (set->kind == SET_MODEL)
            less[i * set->cell_count + CELL_DRIFT] = 0; /* a gauge */
        for (size_t j = 0; j <= set->late_count; j++)
            series_born(set, i)[j] = now_ns;
    }
    return true;
}

bool metrics_show_anew(struct metrics *m, int64_t now_ns)
{
    bool ok = true;

    for (size_t i = 0; ok && i < m->set_count; i++)
        ok = show_set_anew(&m->sets[i], now_ns);
    return ok;
}
