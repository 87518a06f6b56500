/* What rules see of a window at a tick. */
#include <stdlib.h>

#include "internal.h"

struct reach window_reach(const struct window *window, int64_t at_ns)
{
    struct stream *s = window->stream;
    int64_t until_ns = at_ns - window->offset_ns;
    struct reach reach;

    if (s->decl.span == SPAN_CALENDAR) {
        zone_period(s->zone, s->decl.period, s->decl.start_day, at_ns,
                    &reach.span.start_ns, &reach.span.end_ns);
        reach.after_ns = reach.span.start_ns - 1;
        reach.until_ns = reach.span.start_ns;
        return reach;
    }
    reach.until_ns = floor_to(until_ns, s->width_ns);
    reach.after_ns = reach.until_ns - window->over_ns;
    reach.span.start_ns = floor_to(reach.after_ns, s->width_ns) + s->width_ns;
    /* A bucket that lies behind is in it to its end. */
    reach.span.end_ns = reach.until_ns + s->width_ns;
    if (reach.span.end_ns > at_ns)
        reach.span.end_ns = at_ns;
    return reach;
}

/* The cells within reach, which are neighbours. */
static const struct cell *cells_within(const struct group *g, const struct reach *reach,
                                       size_t *count)
{
    size_t start = group_cells_until(g, reach->after_ns);

    *count = group_cells_until(g, reach->until_ns) - start;
    return g->cells + g->first + start;
}

struct total group_total(const struct stream *s, const struct group *g,
                         const struct reach *reach)
{
    size_t count;
    const struct cell *cells = cells_within(g, reach, &count);
    struct total total = {0, 0};

    for (size_t i = 0; i < count; i++) {
        if (s->decl.aggregate == AGGREGATE_MAX)
            total.sum = i == 0 || cells[i].sum > total.sum ? cells[i].sum : total.sum;
        else if (s->decl.aggregate != AGGREGATE_DISTINCT)
            add_clamped(&total.sum, cells[i].sum);
        total.count += cells[i].count;
    }
    if (s->decl.aggregate == AGGREGATE_DISTINCT)
        total.sum = (int64_t)distinct_union(cells, count);
    return total;
}

static void set_value(const struct stream *s, struct total total,
                      struct window_group *out)
{
    out->count = total.count;
    if (s->decl.aggregate == AGGREGATE_COUNT || s->decl.aggregate == AGGREGATE_DISTINCT) {
        out->sum = s->decl.aggregate == AGGREGATE_COUNT ? total.count : total.sum;
        out->value = (double)out->sum;
    } else if (field_is_whole(s->decl.field)) {
        out->value = (double)total.sum;
        if (__builtin_mul_overflow(total.sum, NANO_PER_USD, &out->sum))
            out->sum = total.sum < 0 ? INT64_MIN : INT64_MAX;
    } else {
        out->sum = total.sum;
        out->value = (double)total.sum / 1e9;
    }
}

/* Values and text in one piece. */
static bool copy_by(const struct stream *s, const struct group *g, struct arena *arena,
                    struct window_group *out)
{
    size_t count = s->decl.by_count, size = count * sizeof *g->by;

    for (size_t i = 0; i < count; i++)
        size += g->by[i].size;
    struct str *by = arena_alloc(arena, size ? size : 1);
    if (!by)
        return false;
    char *text = (char *)(by + count);
    for (size_t i = 0; i < count; i++) {
        if (g->by[i].size)
            memcpy(text, g->by[i].at, g->by[i].size);
        by[i] = (struct str){text, g->by[i].size};
        text += g->by[i].size;
    }
    out->by = by;
    return true;
}

bool windows_sums(struct windows *w, int id, int64_t at_ns, struct arena *arena,
                  struct window_sums *out)
{
    const struct window *window = &w->windows[id];
    struct stream *s = window->stream;
    struct reach reach = window_reach(window, at_ns);
    int64_t floor_ns = stream_floor(s, w->now_ns);
    size_t room = s->group_count ? s->group_count : 1;
    struct window_group *groups = arena_alloc(arena, room * sizeof *groups);

    *out = (struct window_sums){.at_ns = at_ns,
                                .since_ns = s->since_ns,
                                .start_ns = reach.span.start_ns,
                                .end_ns = reach.span.end_ns,
                                .moves_ns = reach_moves(window, &reach, at_ns),
                                .filling = s->filling,
                                .by_count = s->decl.by_count,
                                .groups = groups};
    if (!groups)
        return false;
    for (size_t i = 0; i < s->group_count; i++) {
        struct group *g = &s->groups[s->order[i]];
        group_trim(w, s, g, floor_ns);
        struct total total = group_total(s, g, &reach);
        if (total.count == 0)
            continue;
        struct window_group *group = &groups[out->group_count++];
        group->first_ns = g->first_ns;
        set_value(s, total, group);
        if (!copy_by(s, g, arena, group))
            return false;
    }
    return true;
}

const struct window_group *window_sums_find(const struct window_sums *s,
                                            const struct str *by)
{
    size_t low = 0, high = s->group_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = 0;
        for (size_t i = 0; order == 0 && i < s->by_count; i++)
            order = str_compare(s->groups[middle].by[i], by[i]);
        if (order == 0)
            return &s->groups[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
