/* The registry as exact integers, for `ledger verify`. */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

static void put_line(struct buf *out, struct str name, const char *suffix, long le,
                     const char *extra, struct str labels, int64_t value)
{
    if (value == 0)
        return;
    buf_add(out, name);
    buf_add(out, str_of(suffix));
    if (le >= 0)
        buf_format(out, "%ld", le);
    buf_byte(out, '{');
    buf_add(out, labels);
    buf_byte(out, '}');
    if (extra)
        buf_format(out, "[%s]", extra);
    buf_byte(out, ' ');
    buf_int(out, value);
    buf_byte(out, '\n');
}

static void put_histogram(struct buf *out, struct str name, struct str labels,
                          const int64_t *cells, size_t bound_count)
{
    for (size_t i = 0; i <= bound_count; i++)
        put_line(out, name, "_bucket_", (long)i, NULL, labels, cells[i]);
    put_line(out, name, "_sum", -1, NULL, labels, cells[bound_count + 1]);
}

static void put_cells(struct buf *out, const struct family *f, struct str labels,
                      const int64_t *cells)
{
    struct str name = str_of(f->name);

    if (f->bound_count)
        put_histogram(out, name, labels, cells, f->bound_count);
    else
        put_line(out, name, "", -1, f->extra_value, labels, *cells);
}

/* False: no memory. */
static bool sum_set(const struct series_set *set, int64_t **out)
{
    int64_t *sums = *out = calloc(set->cell_count, sizeof *sums);

    for (size_t i = 0; sums && i < set->count * set->cell_count; i++)
        add_clamped(&sums[i % set->cell_count], set->cells[i]);
    for (size_t i = 0; sums && set->gone && i < set->cell_count; i++)
        add_clamped(&sums[i], set->gone[i]);
    return sums != NULL;
}

static void put_family(struct buf *out, const struct family *f,
                       const struct series_set *set, bool series)
{
    int64_t *sums = NULL;

    for (size_t i = 0; series && i < set->count; i++)
        put_cells(out, f, set->labels[i], set->cells + i * set->cell_count + f->cell);
    if (series)
        return;
    if (sum_set(set, &sums))
        put_cells(out, f, STR("all"), sums + f->cell);
    else
        out->failed = true;
    free(sums);
}

static void put_policy_metric(struct buf *out, const struct series_set *set, bool series)
{
    char name[TEXT_VALUE_MAX + 1];
    struct family f = {.name = name, .bound_count = set->bound_count};

    snprintf(name, sizeof name, "%.*s", STR_ARG(set->name));
    put_family(out, &f, set, series);
}

void metrics_digest(const struct metrics *m, bool series, struct buf *out)
{
    struct buf lines = {0};
    const struct family *f;

    for (size_t i = 0; (f = family_at(i, m->fixed_count)); i++)
        put_family(&lines, f, &m->sets[f->set], series);
    for (size_t i = m->fixed_count; i < m->set_count; i++)
        put_policy_metric(&lines, &m->sets[i], series);
    if (lines.failed)
        out->failed = true;
    else
        buf_sorted_lines(out, buf_str(&lines));
    buf_release(&lines);
}
