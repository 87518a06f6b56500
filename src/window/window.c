#include <stdlib.h>

#include "internal.h"
#include "spendwarden/hash.h"

enum { WINDOWS_MAX = 4096, CALENDAR_SWEEP_HOURS = 1 };

static const int64_t over_min_ns = 5 * NS_PER_MINUTE, over_max_ns = 31 * NS_PER_DAY,
                     offset_max_ns = 366 * NS_PER_DAY;

bool windows_open(struct windows **out, const struct window_limits *limits,
                  struct err *err)
{
    struct windows *w = calloc(1, sizeof *w);

    *out = NULL;
    if (!w)
        return err_set(err, ERR_MEMORY, "windows: no memory");
    w->limits = *limits;
    if (!random_bytes(&w->seed, sizeof w->seed, err)) {
        windows_close(w);
        return false;
    }
    *out = w;
    return true;
}

void windows_close(struct windows *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->stream_count; i++)
        stream_free(w->streams[i]);
    free(w->streams);
    free(w->windows);
    free(w);
}

static bool decl_is_sound(const struct window_decl *d, struct err *err)
{
    if (d->by_count > WINDOW_BY_MAX || d->where_count > WHERE_MAX)
        return err_set(err, ERR_LIMIT, "window: more than %d labels or %d conditions",
                       WINDOW_BY_MAX, WHERE_MAX);
    for (size_t i = 0; i < d->where_count; i++)
        if (d->where[i].op == WHERE_IN && d->where[i].value_count > WHERE_VALUES_MAX)
            return err_set(err, ERR_LIMIT, "window: a condition has more than %d values",
                           WHERE_VALUES_MAX);
    if (d->span == SPAN_CALENDAR)
        return d->zone || err_set(err, ERR_CONFIG, "window: no time zone");
    if (d->over_ns < over_min_ns || d->over_ns > over_max_ns)
        return err_set(err, ERR_LIMIT, "window: over is not between 5m and 31d");
    if (d->offset_ns < 0 || d->offset_ns > offset_max_ns)
        return err_set(err, ERR_LIMIT, "window: offset is not between 0 and 366d");
    return true;
}

static int64_t span_of(const struct window_decl *decl)
{
    return decl->span == SPAN_ROLLING ? decl->over_ns + decl->offset_ns : 0;
}

/* A stream of this identity that has all that the window reads, or can still have it. */
static struct stream *find_stream(const struct windows *w, struct str identity,
                                  int64_t span_ns)
{
    for (size_t i = 0; i < w->stream_count; i++) {
        struct stream *s = w->streams[i];
        if (str_eq(buf_str(&s->identity), identity) &&
            (!s->started || s->retain_ns >= span_ns))
            return s;
    }
    return NULL;
}

bool windows_add_stream(struct windows *w, struct stream *s)
{
    struct stream **grown =
        realloc(w->streams, (w->stream_count + 1) * sizeof(struct stream *));

    if (!grown)
        return false;
    w->streams = grown;
    w->streams[w->stream_count++] = s;
    return true;
}

static struct stream *add_stream(struct windows *w, const struct window_decl *decl,
                                 struct err *err)
{
    struct stream *s = stream_new(decl, w->limits.schema, err);

    if (s && windows_add_stream(w, s)) {
        s->filling = true;
        return s;
    }
    stream_free(s);
    err_set(err, ERR_MEMORY, "window: no memory");
    return NULL;
}

/* A free id, or -1. */
static int free_id(struct windows *w, struct err *err)
{
    for (size_t i = 0; i < w->window_count; i++)
        if (!w->windows[i].stream)
            return (int)i;
    if (w->window_count == WINDOWS_MAX) {
        err_set(err, ERR_LIMIT, "more than %d windows", WINDOWS_MAX);
        return -1;
    }
    struct window *grown =
        realloc(w->windows, (w->window_count + 1) * sizeof *w->windows);
    if (!grown) {
        err_set(err, ERR_MEMORY, "window: no memory");
        return -1;
    }
    w->windows = grown;
    w->windows[w->window_count] = (struct window){0};
    return (int)w->window_count++;
}

static int find_window(struct windows *w, const struct window_decl *decl,
                       struct str identity)
{
    for (size_t i = 0; i < w->window_count; i++) {
        const struct window *window = &w->windows[i];
        if (!window->stream || !str_eq(buf_str(&window->stream->identity), identity))
            continue;
        if (decl->span == SPAN_CALENDAR ||
            (window->over_ns == decl->over_ns && window->offset_ns == decl->offset_ns))
            return (int)i;
    }
    return -1;
}

static int add_window(struct windows *w, const struct window_decl *decl,
                      struct str identity, struct err *err)
{
    int id = free_id(w, err);
    int64_t span_ns = span_of(decl);

    if (id < 0)
        return -1;
    struct stream *s = find_stream(w, identity, span_ns);
    if (!s && !(s = add_stream(w, decl, err)))
        return -1;
    s->windows++;
    if (s->retain_ns < span_ns)
        s->retain_ns = span_ns;
    bool rolling = decl->span == SPAN_ROLLING;
    w->windows[id] = (struct window){s, rolling ? decl->over_ns : 0,
                                     rolling ? decl->offset_ns : 0, true};
    return id;
}

int windows_declare(struct windows *w, const struct window_decl *decl, struct err *err)
{
    struct buf identity = {0};
    int id;

    if (!decl_is_sound(decl, err))
        return -1;
    stream_identity(decl, w->limits.schema, &identity);
    if (identity.failed) {
        buf_release(&identity);
        err_set(err, ERR_MEMORY, "window: no memory");
        return -1;
    }
    id = find_window(w, decl, buf_str(&identity));
    if (id >= 0)
        w->windows[id].declared = true;
    else
        id = add_window(w, decl, buf_str(&identity), err);
    buf_release(&identity);
    return id;
}

void windows_forget_begin(struct windows *w)
{
    for (size_t i = 0; i < w->window_count; i++)
        w->windows[i].declared = false;
}

void windows_forget_end(struct windows *w)
{
    size_t kept = 0;

    for (size_t i = 0; i < w->stream_count; i++)
        w->streams[i]->retain_ns = 0;
    for (size_t i = 0; i < w->window_count; i++) {
        struct window *window = &w->windows[i];
        if (!window->stream)
            continue;
        if (!window->declared) {
            window->stream->windows--;
            window->stream = NULL;
            continue;
        }
        int64_t span_ns = window->over_ns + window->offset_ns;
        if (window->stream->retain_ns < span_ns)
            window->stream->retain_ns = span_ns;
    }
    for (size_t i = 0; i < w->stream_count; i++) {
        struct stream *s = w->streams[i];
        if (s->windows > 0) {
            w->streams[kept++] = s;
        } else {
            w->cell_count -= s->cell_count;
            stream_free(s);
        }
    }
    w->stream_count = kept;
}

static size_t trim_all(struct windows *w, struct stream *s, int64_t floor_ns)
{
    size_t gone = 0;

    for (size_t i = 0; i < s->group_count; i++)
        gone += group_trim(w, s, &s->groups[i], floor_ns);
    return gone;
}

/* When all cells are in use: the largest stream loses what has expired, or else a
 * sixteenth of its time; never its newest bucket or period. */
static bool free_cells(struct windows *w, int64_t now_ns)
{
    struct stream *largest = w->streams[0];
    int64_t oldest = INT64_MAX, newest = INT64_MIN;

    for (size_t i = 1; i < w->stream_count; i++)
        if (w->streams[i]->cell_count > largest->cell_count)
            largest = w->streams[i];
    size_t before = largest->cell_count;
    size_t expired = trim_all(w, largest, stream_floor(largest, now_ns));
    if (expired > before / 32)
        return true;
    for (size_t i = 0; i < largest->group_count; i++) {
        const struct group *g = &largest->groups[i];
        if (g->count == 0)
            continue;
        const struct cell *first = &g->cells[g->first], *last = first + g->count - 1;
        oldest = first->start_ns < oldest ? first->start_ns : oldest;
        newest = last->start_ns > newest ? last->start_ns : newest;
    }
    size_t dropped = 0;
    if (oldest < newest)
        dropped = trim_all(w, largest, oldest + (newest - oldest) / 16);
    w->dropped += (int64_t)dropped;
    return expired + dropped > 0;
}

void windows_make_room(struct windows *w, int64_t now_ns)
{
    while (w->cell_count > w->limits.max_cells && free_cells(w, now_ns))
        ;
}

static struct group *other_group(struct windows *w, struct stream *s)
{
    struct str by[WINDOW_BY_MAX];

    for (size_t i = 0; i < s->decl.by_count; i++)
        by[i] = STR("__other__");
    uint64_t hash = group_hash(s, by, w->seed);
    struct group *g = group_find(s, by, hash);
    w->overflowed++;
    return g ? g : group_add(s, by, hash);
}

static struct group *take_group(struct windows *w, struct stream *s,
                                const struct record *r, int64_t now_ns)
{
    char digits[WINDOW_BY_MAX][VALUE_TEXT_SIZE];
    struct str by[WINDOW_BY_MAX];

    for (size_t i = 0; i < s->decl.by_count; i++) {
        by[i] = record_value(r, s->decl.by[i], digits[i]);
        if (by[i].size > TEXT_VALUE_MAX)
            by[i].size = TEXT_VALUE_MAX;
    }
    uint64_t hash = group_hash(s, by, w->seed);
    struct group *g = group_find(s, by, hash);
    if (g)
        return g;
    int64_t sweep_ns = s->width_ns ? s->width_ns : CALENDAR_SWEEP_HOURS * NS_PER_HOUR;
    if (s->group_count >= w->limits.max_groups && now_ns >= s->swept_ns + sweep_ns) {
        s->swept_ns = now_ns;
        trim_all(w, s, stream_floor(s, now_ns));
        groups_sweep(s);
    }
    if (s->decl.by_count > 0 && s->group_count >= w->limits.max_groups)
        return other_group(w, s);
    return group_add(s, by, hash);
}

static struct cell *take_cell(struct windows *w, struct stream *s, struct group **g,
                              int64_t start_ns, int64_t now_ns)
{
    struct cell *cell = group_cell(*g, start_ns);

    if (cell)
        return cell;
    if (w->cell_count >= w->limits.max_cells && !free_cells(w, now_ns) &&
        s->decl.by_count > 0) {
        *g = other_group(w, s);
        cell = *g ? group_cell(*g, start_ns) : NULL;
    }
    return cell || !*g ? cell : group_add_cell(w, s, *g, start_ns);
}

static void add_distinct(struct windows *w, struct stream *s, struct cell *cell,
                         uint64_t hash)
{
    bool grown = false, room = w->cell_count < w->limits.max_cells;

    if (!room || !distinct_add(&cell->values, hash, &grown))
        w->dropped++;
    s->cell_count += grown;
    w->cell_count += grown;
}

static void cell_add(struct windows *w, struct stream *s, struct cell *cell,
                     int64_t value)
{
    if (s->decl.aggregate == AGGREGATE_DISTINCT)
        add_distinct(w, s, cell, (uint64_t)value);
    else if (s->decl.aggregate != AGGREGATE_MAX)
        add_clamped(&cell->sum, value);
    else if (cell->count == 0 || value > cell->sum)
        cell->sum = value;
    cell->count++;
}

static void earlier(int64_t *ns, int64_t booked_ns)
{
    if (*ns == 0 || booked_ns < *ns)
        *ns = booked_ns;
}

static void stream_add(struct windows *w, struct stream *s, const struct record *r,
                       int64_t now_ns)
{
    int64_t value, floor_ns = stream_floor(s, now_ns);

    s->started = true;
    if (r->booked_ns <= floor_ns)
        return;
    int64_t start_ns = stream_bucket(s, r->booked_ns);
    if (start_ns <= floor_ns)
        return;
    /* Also by an event that it does not take: that there were none of its own was seen.
     */
    earlier(&s->since_ns, r->booked_ns);
    if (!stream_takes(s, r, &value))
        return;
    struct group *g = take_group(w, s, r, now_ns);
    struct cell *cell = g ? take_cell(w, s, &g, start_ns, now_ns) : NULL;
    if (!cell) { /* no memory */
        w->dropped++;
        return;
    }
    cell_add(w, s, cell, value);
    earlier(&g->first_ns, r->booked_ns);
}

void windows_apply(struct windows *w, const struct record *r, int64_t now_ns)
{
    if (r->kind != RECORD_CHARGE)
        return;
    if (now_ns > w->now_ns)
        w->now_ns = now_ns;
    for (size_t i = 0; i < w->stream_count; i++)
        if (!w->streams[i]->filling)
            stream_add(w, w->streams[i], r, now_ns);
}

void windows_stats(const struct windows *w, struct window_stats *out)
{
    *out = (struct window_stats){
        .cells = w->cell_count, .overflowed = w->overflowed, .dropped = w->dropped};
    for (size_t i = 0; i < w->window_count; i++) {
        const struct stream *s = w->windows[i].stream;
        out->windows += s != NULL;
        out->filling += s && s->filling;
    }
    for (size_t i = 0; i < w->stream_count; i++)
        out->groups += w->streams[i]->group_count;
}
