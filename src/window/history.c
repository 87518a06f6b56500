/* Windows that are filling take no events. Their history, and what comes meanwhile, goes
 * in commit order into streams apart, which nobody else looks at; when those have seen
 * everything they change places with the empty ones. So a window that was filled equals
 * one that saw every event, and whoever fills needs no lock until the end. */
#include "internal.h"

void windows_begin(struct windows *w)
{
    for (size_t i = 0; i < w->stream_count; i++)
        w->streams[i]->filling = false;
}

static bool add_like(struct windows *w, const struct stream *s, struct err *err)
{
    struct window_decl decl = s->decl;

    decl.zone = s->zone;
    struct stream *same = stream_new(&decl, w->limits.schema, err);
    if (!same)
        return false;
    same->retain_ns = s->retain_ns;
    if (windows_add_stream(w, same))
        return true;
    stream_free(same);
    return err_set(err, ERR_MEMORY, "window: no memory");
}

bool windows_part(const struct windows *w, struct windows **out, int64_t now_ns,
                  int64_t *from_ns, struct err *err)
{
    struct windows *part = NULL;

    *out = NULL;
    *from_ns = now_ns;
    for (size_t i = 0; i < w->stream_count; i++) {
        struct stream *s = w->streams[i];
        if (!s->filling)
            continue;
        if ((!part && !windows_open(&part, &w->limits, err)) || !add_like(part, s, err)) {
            windows_close(part);
            return false;
        }
        int64_t start_ns = stream_floor(s, now_ns) + 1;
        *from_ns = start_ns < *from_ns ? start_ns : *from_ns;
    }
    if (part)
        part->seed = w->seed; /* its groups' hashes are to be ours */
    *out = part;
    return true;
}

/* The place of the stream that waits for what `s` has; NULL: none does any more. */
static struct stream **find_filling(struct windows *w, const struct stream *s)
{
    for (size_t i = 0; i < w->stream_count; i++) {
        const struct stream *waits = w->streams[i];
        if (waits->filling && waits->retain_ns <= s->retain_ns &&
            str_eq(buf_str(&waits->identity), buf_str(&s->identity)))
            return &w->streams[i];
    }
    return NULL;
}

static void change_places(struct windows *w, struct stream **empty, struct stream **full)
{
    struct stream *old = *empty, *new = *full;

    new->retain_ns = old->retain_ns;
    new->windows = old->windows;
    new->started = true;
    w->cell_count += new->cell_count;
    for (size_t i = 0; i < w->window_count; i++)
        if (w->windows[i].stream == old)
            w->windows[i].stream = new;
    *empty = new;
    *full = old;
}

void windows_take(struct windows *w, struct windows *history)
{
    for (size_t i = 0; i < history->stream_count; i++) {
        struct stream **empty = find_filling(w, history->streams[i]);
        if (empty)
            change_places(w, empty, &history->streams[i]);
    }
    w->overflowed += history->overflowed;
    w->dropped += history->dropped;
    windows_make_room(w, w->now_ns > history->now_ns ? w->now_ns : history->now_ns);
    windows_close(history);
}
