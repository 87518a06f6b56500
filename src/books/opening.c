/* The opening: "SWO1", three numbers, the counters as they save themselves. */
#include "internal.h"
#include "spendwarden/pack.h"

static const char magic[] = "SWO1";

void opening_write(const struct opening *o, struct buf *out)
{
    size_t start;

    pack_begin(out, magic, &start);
    pack_int(out, (int64_t)o->rows);
    pack_int(out, o->charged.nanousd);
    pack_int(out, o->uncounted.nanousd);
    pack_str(out, o->metrics);
    pack_seal(out, start);
}

bool opening_read(struct opening *o, struct str state)
{
    struct unpack u;

    *o = (struct opening){.rows = 0};
    if (state.size == 0)
        return true;
    if (!unpack_begin(&u, state, magic))
        return false;
    o->rows = (uint64_t)unpack_range(&u, 0, INT64_MAX);
    o->charged.nanousd = unpack_int(&u);
    o->uncounted.nanousd = unpack_int(&u);
    o->metrics = unpack_str(&u);
    return unpack_end(&u);
}

bool opening_restore(struct metrics *m, const struct opening *o, struct str known)
{
    /* Loading declares counters; loading again, or failing to, forgets their values. */
    metrics_load(m, known, NULL);
    return metrics_load_opening(m, o->metrics, NULL);
}
