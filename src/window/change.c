/* When a window that gets no event will say something else. */
#include "spendwarden/window_change.h"

#include "internal.h"

int64_t reach_moves(const struct window *window, const struct reach *reach, int64_t at_ns)
{
    const struct stream *s = window->stream;

    if (s->decl.span == SPAN_CALENDAR || reach->span.end_ns >= at_ns)
        return at_ns + 1;
    /* Whole buckets, the last of which always lies behind. */
    bool even = window->over_ns % s->width_ns == 0 && window->offset_ns >= s->width_ns;
    if (even && s->since_ns <= reach->span.start_ns)
        return INT64_MAX;
    return reach->until_ns + s->width_ns + window->offset_ns;
}

/* The first cell that starts after `ns`, or NULL. */
static const struct cell *cell_after(const struct group *g, int64_t ns)
{
    size_t before = group_cells_until(g, ns);

    return before < g->count ? g->cells + g->first + before : NULL;
}

/* A cell comes into reach once the moved-back bucket is its own, and leaves it once that
 * lies `over` behind it. */
static int64_t group_change(const struct window *window, const struct group *g,
                            const struct reach *reach)
{
    int64_t width_ns = window->stream->width_ns;
    const struct cell *oldest = cell_after(g, reach->after_ns),
                      *next = cell_after(g, reach->until_ns);
    int64_t change_ns = INT64_MAX;

    if (oldest && oldest->start_ns <= reach->until_ns)
        change_ns = -floor_to(-(oldest->start_ns + window->over_ns), width_ns) +
                    window->offset_ns;
    if (next && next->start_ns + window->offset_ns < change_ns)
        change_ns = next->start_ns + window->offset_ns;
    return change_ns;
}

int64_t windows_next_change(const struct windows *w, int id, int64_t at_ns)
{
    const struct window *window = &w->windows[id];
    const struct stream *s = window->stream;
    struct reach reach = window_reach(window, at_ns);
    int64_t change_ns = INT64_MAX;

    if (s->decl.span == SPAN_CALENDAR)
        return reach.span.end_ns;
    for (size_t i = 0; i < s->group_count; i++) {
        int64_t group_ns = group_change(window, &s->groups[i], &reach);
        change_ns = group_ns < change_ns ? group_ns : change_ns;
    }
    return change_ns;
}
