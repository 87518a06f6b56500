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

static void put_cells(struct buf *out, const struct family *f, struct str labels,
                      const int64_t *cells)
{
    struct str name = str_of(f->name);
    size_t count = f->unit == UNIT_COST_HISTOGRAM ? COST_BOUNDS : DURATION_BOUNDS;

    if (f->unit != UNIT_COST_HISTOGRAM && f->unit != UNIT_DURATION_HISTOGRAM) {
        put_line(out, name, "", -1, f->extra_value, labels, *cells);
        return;
    }
    for (size_t i = 0; i <= count; i++)
        put_line(out, name, "_bucket_", (long)i, NULL, labels, cells[i]);
    put_line(out, name, "_sum", -1, NULL, labels, cells[count + 1]);
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
            put_line(&lines, m->sets[i].name, "", -1, NULL, m->sets[i].labels[j],
                     m->sets[i].cells[j]);
    if (lines.failed)
        out->failed = true;
    else
        buf_sorted_lines(out, buf_str(&lines));
    buf_release(&lines);
}
