/* Copies of the registry: what is shown of it, to be rendered without its lock. */
#include <stdlib.h>

#include "internal.h"

static bool has_room(struct series_set *to, size_t count)
{
    to->keys = malloc((count + 1) * sizeof *to->keys);
    to->labels = malloc((count + 1) * sizeof *to->labels);
    to->cells = malloc((count * to->cell_count + 1) * sizeof *to->cells);
    to->born_ns = malloc((count + 1) * (1 + to->late_count) * sizeof *to->born_ns);
    to->exemplars = malloc((count * to->exemplar_count + 1) * sizeof *to->exemplars);
    return to->keys && to->labels && to->cells && to->born_ns && to->exemplars;
}

static void copy_series(struct series_set *to, const struct series_set *from,
                        size_t index)
{
    size_t at = to->count++, count = from->cell_count;
    int64_t *cells = to->cells + at * count;

    to->keys[at] = from->keys[index];
    to->labels[at] = from->labels[index];
    memcpy(cells, from->cells + index * count, count * sizeof *cells);
    for (size_t i = 0; from->shown_less && i < count; i++)
        cells[i] -= from->shown_less[index * count + i];
    memcpy(series_born(to, at), series_born(from, index),
           (1 + from->late_count) * sizeof *to->born_ns);
    if (from->exemplar_count)
        memcpy(to->exemplars + at * from->exemplar_count,
               from->exemplars + index * from->exemplar_count,
               from->exemplar_count * sizeof *to->exemplars);
}

static bool copy_set(const struct metrics *m, struct series_set *to,
                     const struct series_set *from, int64_t now_ns)
{
    *to = *from;
    to->keys = NULL;
    to->labels = NULL;
    to->cells = to->shown_less = to->born_ns = to->gone = NULL;
    to->exemplars = NULL;
    to->slots = NULL;
    to->slot_count = to->capacity = to->count = 0;
    if (!has_room(to, from->count))
        return false;
    for (size_t i = 0; i < from->count; i++)
        if (!series_is_over(m, from, i, now_ns))
            copy_series(to, from, i);
    return true;
}

struct metrics_copy *metrics_copy(const struct metrics *m, int64_t now_ns)
{
    struct metrics_copy *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->at_ns = now_ns;
    c->fixed_count = m->fixed_count;
    c->max_series = m->options.max_series;
    c->texts = m->texts;
    atomic_fetch_add(&c->texts->users, 1);
    c->limits = limits_copy(&m->limits, now_ns, &c->limit_count);
    c->limits_refused = m->limits.refused;
    c->sets = calloc(m->set_count, sizeof *c->sets);
    for (size_t i = 0; c->sets && i < m->set_count; i++) {
        c->set_count++;
        if (!copy_set(m, &c->sets[i], &m->sets[i], now_ns)) {
            metrics_copy_free(c);
            return NULL;
        }
    }
    if (c->sets && c->limits)
        return c;
    metrics_copy_free(c);
    return NULL;
}

int64_t metrics_copy_time(const struct metrics_copy *c)
{
    return c->at_ns;
}

void metrics_copy_free(struct metrics_copy *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->set_count; i++)
        set_release(&c->sets[i]);
    free(c->sets);
    free(c->limits);
    texts_drop(c->texts);
    free(c);
}

const struct limit *metrics_copy_limits(const struct metrics_copy *c, size_t *count)
{
    *count = c->limit_count;
    return c->fixed_count > SET_LITELLM_FIRST ? c->limits : NULL;
}
