/* Windows as text: equal events give equal lines, however windows share buckets. */
#include "internal.h"
#include "spendwarden/hash.h"

/* As declared, though its buckets may be those of a kin. */
static void put_declaration(const struct windows *w, const struct window *window,
                            struct buf *out)
{
    struct window_decl decl = window->stream->decl;

    decl.over_ns = window->over_ns;
    decl.offset_ns = window->offset_ns;
    decl.zone = window->stream->zone;
    window_decl_text(&decl, w->limits.schema, out);
}

/* Added up over groups, so that their order does not matter. */
static uint64_t fingerprint(const struct stream *s, const struct group *g,
                            struct total total)
{
    return hash_of((struct str){(const char *)&total, sizeof total},
                   group_hash(s, g->by, 0));
}

static void put_value(const struct windows *w, const struct window *window,
                      struct buf *out)
{
    const struct stream *s = window->stream;
    struct reach reach = window_reach(window, w->now_ns);
    struct total all = {0, 0};
    uint64_t hash = 0;
    size_t groups = 0;

    for (size_t i = 0; i < s->group_count; i++) {
        struct total total = group_total(s, &s->groups[i], &reach);
        if (total.count == 0)
            continue;
        groups++;
        hash += fingerprint(s, &s->groups[i], total);
        add_clamped(&all.sum, total.sum);
        all.count += total.count;
    }
    buf_format(out, ": sum %lld events %lld groups %zu hash %016llx\n",
               (long long)(s->decl.aggregate == AGGREGATE_COUNT ? all.count : all.sum),
               (long long)all.count, groups, (unsigned long long)hash);
}

void windows_digest(const struct windows *w, struct buf *out)
{
    struct buf lines = {0};

    for (size_t i = 0; i < w->window_count; i++) {
        if (!w->windows[i].stream)
            continue;
        put_declaration(w, &w->windows[i], &lines);
        put_value(w, &w->windows[i], &lines);
    }
    if (lines.failed)
        out->failed = true;
    else
        buf_sorted_lines(out, buf_str(&lines));
    buf_release(&lines);
}
