/* Checkpoints: every stream under its identity, with all cells. */
#include <stdlib.h>

#include "internal.h"
#include "spendwarden/pack.h"

static const char magic[] = "SWW2";

enum { GROUP_MIN_BYTES = 2, CELL_MIN_BYTES = 3 };

/* Buckets and periods start at whole seconds; gaps between them are small numbers. */
static void save_group(const struct stream *s, const struct group *g, struct buf *out)
{
    int64_t last_second = 0;

    for (size_t i = 0; i < s->decl.by_count; i++)
        pack_str(out, g->by[i]);
    pack_int(out, g->first_ns);
    pack_int(out, g->count);
    for (uint32_t i = 0; i < g->count; i++) {
        const struct cell *cell = &g->cells[g->first + i];
        int64_t second = cell->start_ns / NS_PER_SECOND;
        pack_int(out, second - last_second);
        if (s->decl.aggregate == AGGREGATE_DISTINCT)
            distinct_save(cell->values, out);
        else
            pack_int(out, cell->sum);
        pack_int(out, cell->count);
        last_second = second;
    }
}

static void save_stream(const struct stream *s, struct buf *out)
{
    pack_str(out, buf_str(&s->identity));
    pack_int(out, s->decl.aggregate == AGGREGATE_DISTINCT);
    pack_int(out, (int64_t)s->decl.by_count);
    pack_int(out, s->retain_ns);
    pack_int(out, s->since_ns);
    pack_int(out, s->swept_ns);
    pack_int(out, (int64_t)s->group_count);
    for (size_t i = 0; i < s->group_count; i++)
        save_group(s, &s->groups[i], out);
}

void windows_save(const struct windows *w, struct buf *out)
{
    size_t start, count = 0;

    for (size_t i = 0; i < w->stream_count; i++)
        count += !w->streams[i]->filling;
    pack_begin(out, magic, &start);
    pack_int(out, w->now_ns);
    pack_int(out, w->overflowed);
    pack_int(out, w->dropped);
    pack_int(out, (int64_t)count);
    for (size_t i = 0; i < w->stream_count; i++)
        if (!w->streams[i]->filling)
            save_stream(w->streams[i], out);
    pack_seal(out, start);
}

/* A stream as it was saved. */
struct saved {
    struct stream *stream; /* NULL: nobody wants it, read past it */
    size_t by_count;
    bool distinct;
};

/* NULL: read past it. */
static struct group *load_key(struct windows *w, const struct saved *from,
                              struct unpack *u)
{
    struct stream *s = from->stream;
    struct str by[WINDOW_BY_MAX];

    for (size_t i = 0; i < from->by_count; i++)
        by[i] = unpack_str(u);
    if (!s || u->failed)
        return NULL;
    uint64_t hash = group_hash(s, by, w->seed);
    if (group_find(s, by, hash)) {
        u->failed = true;
        return NULL;
    }
    return group_add(s, by, hash);
}

static void load_value(const struct saved *from, struct cell *cell, struct unpack *u)
{
    cell->values = NULL;
    if (from->distinct)
        distinct_load(&cell->values, u);
    else
        cell->sum = unpack_int(u);
    cell->count = unpack_range(u, 1, INT64_MAX);
}

static bool keep_cell(struct windows *w, const struct saved *from, struct group *g,
                      const struct cell *read)
{
    struct stream *s = from->stream;

    if (s->width_ns && read->start_ns % s->width_ns != 0)
        return false;
    struct cell *cell = group_add_cell(w, s, g, read->start_ns);
    if (!cell)
        return false;
    *cell = *read;
    size_t values = from->distinct ? distinct_count(read->values) : 0;
    s->cell_count += values;
    w->cell_count += values;
    return true;
}

static void load_cell(struct windows *w, const struct saved *from, struct group *g,
                      int64_t second, struct unpack *u)
{
    struct cell cell = {.start_ns = second * NS_PER_SECOND};

    load_value(from, &cell, u);
    if (!u->failed && g && keep_cell(w, from, g, &cell))
        return;
    u->failed |= g != NULL;
    if (from->distinct)
        free(cell.values);
}

static void load_group(struct windows *w, const struct saved *from, struct unpack *u)
{
    const int64_t second_max = INT64_MAX / NS_PER_SECOND;
    struct group *g = load_key(w, from, u);
    int64_t first_ns = unpack_int(u), second = 0;
    size_t cells = unpack_count(u, CELL_MIN_BYTES);

    if (g)
        g->first_ns = first_ns;
    for (size_t i = 0; i < cells && !u->failed; i++) {
        /* Cells ascend; only the first may lie before 1970. */
        second += unpack_range(u, i == 0 ? -second_max : 1,
                               second > 0 ? second_max - second : second_max);
        if (!u->failed)
            load_cell(w, from, g, second, u);
    }
}

/* The declared stream that the saved one can stand for: it holds all that is read. */
static struct stream *find_declared(struct windows *w, struct str identity,
                                    int64_t retain_ns)
{
    for (size_t i = 0; i < w->stream_count; i++) {
        struct stream *s = w->streams[i];
        if (!s->loaded && str_eq(buf_str(&s->identity), identity) &&
            s->retain_ns <= retain_ns)
            return s;
    }
    return NULL;
}

static void load_stream(struct windows *w, struct unpack *u)
{
    struct str identity = unpack_str(u);
    struct saved from = {.distinct = unpack_range(u, 0, 1) == 1};
    from.by_count = (size_t)unpack_range(u, 0, WINDOW_BY_MAX);
    int64_t retain_ns = unpack_int(u), since_ns = unpack_int(u), swept_ns = unpack_int(u);
    size_t groups = unpack_count(u, GROUP_MIN_BYTES);
    struct stream *s = u->failed ? NULL : find_declared(w, identity, retain_ns);

    if (s && (s->decl.by_count != from.by_count ||
              (s->decl.aggregate == AGGREGATE_DISTINCT) != from.distinct))
        u->failed = true;
    from.stream = s;
    if (s && !u->failed) {
        s->loaded = s->started = true;
        s->filling = false;
        s->since_ns = since_ns;
        s->swept_ns = swept_ns;
    }
    for (size_t i = 0; i < groups && !u->failed; i++)
        load_group(w, &from, u);
}

bool windows_load(struct windows *w, struct str state, struct err *err)
{
    struct unpack u;

    unpack_begin(&u, state, magic);
    int64_t now_ns = unpack_int(&u), overflowed = unpack_int(&u),
            dropped = unpack_int(&u);
    size_t streams = unpack_count(&u, 1);
    for (size_t i = 0; i < streams && !u.failed; i++)
        load_stream(w, &u);
    if (!unpack_end(&u)) {
        for (size_t i = 0; i < w->stream_count; i++)
            stream_clear(w, w->streams[i]);
        return err_set(err, ERR_INPUT, "the saved state of windows is damaged");
    }
    w->now_ns = now_ns;
    w->overflowed = overflowed;
    w->dropped = dropped;
    return true;
}
