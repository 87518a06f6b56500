/* The registry as exact integers, for `ledger verify`. */

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

static void put_policy_metric(struct buf *out, const struct series_set *set, size_t index)
{
    const int64_t *cells = set->cells + index * set->cell_count;

    if (set->bound_count)
        put_histogram(out, set->name, set->labels[index], cells, set->bound_count);
    else
        put_line(out, set->name, "", -1, NULL, set->labels[index], *cells);
}

void metrics_digest(const struct metrics *m, struct buf *out)
{
    struct buf lines = {0};

    for (size_t i = 0; i < family_count; i++) {
        const struct series_set *set = &m->sets[families[i].set];
        for (size_t j = 0; j < set->count; j++)
            put_cells(&lines, &families[i], set->labels[j],
                      set->cells + j * set->cell_count + families[i].cell);
    }
    for (size_t i = SET_FIXED_COUNT; i < m->set_count; i++)
        for (size_t j = 0; j < m->sets[i].count; j++)
            put_policy_metric(&lines, &m->sets[i], j);
    if (lines.failed)
        out->failed = true;
    else
        buf_sorted_lines(out, buf_str(&lines));
    buf_release(&lines);
}
