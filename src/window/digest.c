/* Windows as text: equal events give equal lines, however windows share buckets. */
#include "internal.h"
#include "spendwarden/hash.h"

static void put_field(const struct windows *w, struct field field, struct buf *out)
{
    struct str name = field_name(w->limits.schema, field);

    if (name.size)
        buf_add(out, name);
    else
        buf_format(out, "field_%d_%d", (int)field.kind, (int)field.index);
}

static void put_where(const struct windows *w, const struct where_clause *clause,
                      struct buf *out)
{
    buf_add(out, STR(" where "));
    if (clause->op == WHERE_MISSING)
        buf_add(out, STR("not "));
    put_field(w, clause->field, out);
    for (size_t i = 0; clause->op == WHERE_IN && i < clause->value_count; i++) {
        buf_byte(out, i == 0 ? '=' : ',');
        buf_json(out, clause->values[i]);
    }
}

static void put_span(const struct window *window, struct buf *out)
{
    static const char *const periods[] = {"day", "week", "month"};
    const struct window_decl *decl = &window->stream->decl;
    char text[TIMESTAMP_TEXT_SIZE];

    if (decl->span == SPAN_CALENDAR) {
        buf_format(out, " over %s %s", periods[decl->period],
                   zone_name(window->stream->zone));
        return;
    }
    duration_format(text, window->over_ns);
    buf_format(out, " over %s", text);
    duration_format(text, window->offset_ns);
    if (window->offset_ns > 0)
        buf_format(out, " offset %s", text);
}

static void put_declaration(const struct windows *w, const struct window *window,
                            struct buf *out)
{
    const struct window_decl *decl = &window->stream->decl;

    static const char *const names[] = {"sum ", "count", "max ", "distinct "};

    if (decl->field.kind != FIELD_NONE || !decl->effect.size)
        buf_add(out, str_of(names[decl->aggregate]));
    if (decl->field.kind != FIELD_NONE)
        put_field(w, decl->field, out);
    else
        buf_add(out, decl->effect);
    for (size_t i = 0; i < decl->by_count; i++) {
        buf_add(out, i == 0 ? STR(" by ") : STR(","));
        put_field(w, decl->by[i], out);
    }
    for (size_t i = 0; i < decl->where_count; i++)
        put_where(w, &decl->where[i], out);
    put_span(window, out);
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
