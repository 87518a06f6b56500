/* Which spans of a body are one call: a model call that happens within another is the
 * same one, seen from further down; so are two emitters' spans with one response id. */
#include "otlp.h"

struct places {
    unsigned *at; /* index + 1 of a span; 0: free */
    size_t mask;
};

unsigned otlp_group_of(struct otlp_item *items, unsigned i)
{
    while (items[i].group != i) {
        items[i].group = items[items[i].group].group;
        i = items[i].group;
    }
    return i;
}

static void join(struct otlp_item *items, unsigned a, unsigned b)
{
    a = otlp_group_of(items, a);
    b = otlp_group_of(items, b);
    items[a > b ? a : b].group = a > b ? b : a;
}

static bool places_make(struct places *p, size_t count, struct arena *arena)
{
    size_t size = 16;

    while (size < 2 * count)
        size *= 2;
    p->mask = size - 1;
    p->at = arena_zalloc(arena, size * sizeof *p->at);
    return p->at != NULL;
}

/* Of a span's id. The first with an id keeps its place. */
static unsigned *place_of_self(struct places *p, const struct otlp_item *items,
                               uint64_t self)
{
    size_t i = self & p->mask;

    while (p->at[i] && items[p->at[i] - 1].self != self)
        i = (i + 1) & p->mask;
    return &p->at[i];
}

static void find_above(struct otlp_item *items, struct places *selves, unsigned i)
{
    uint64_t id = items[i].parent;

    for (unsigned steps = 0; id && steps < OTLP_WALK_MAX; steps++) {
        unsigned parent = *place_of_self(selves, items, id);
        if (!parent || parent - 1 == i)
            return;
        if (items[parent - 1].call) {
            items[i].above = parent;
            return;
        }
        id = items[parent - 1].parent;
    }
}

/* Two emitters, one answer. Of one emitter equal ids are two calls: some servers give ids
 * out of a few. */
static bool join_by_response(struct otlp_item *items, size_t count, struct arena *arena)
{
    struct places p;

    if (!places_make(&p, count, arena))
        return false;
    for (unsigned i = 0; i < count; i++) {
        if (!items[i].call || !items[i].response)
            continue;
        size_t k = items[i].response & p.mask;
        while (p.at[k] && items[p.at[k] - 1].response != items[i].response)
            k = (k + 1) & p.mask;
        if (!p.at[k])
            p.at[k] = i + 1;
        else if (!str_eq(items[p.at[k] - 1].scope, items[i].scope))
            join(items, p.at[k] - 1, i);
    }
    return true;
}

static void note_below(struct otlp_item *items, unsigned i)
{
    struct otlp_item *above = &items[items[i].above - 1];
    unsigned group = otlp_group_of(items, i) + 1;

    if (!above->below)
        above->below = group;
    else if (above->below != group)
        above->holds_calls = true;
}

/* From the first on, by `member`. */
static void list_members(struct otlp_item *items, size_t count)
{
    for (size_t i = count; i-- > 0;) {
        unsigned first = otlp_group_of(items, (unsigned)i);
        if (first == i)
            continue;
        items[i].member = items[first].member;
        items[first].member = (unsigned)i + 1;
    }
}

static bool is_nearer(const struct otlp_item *a, const struct otlp_item *b)
{
    if (a->has_usage != b->has_usage)
        return a->has_usage;
    return a->end_ns - a->start_ns < b->end_ns - b->start_ns;
}

/* The shortest is the nearest to the wire. */
static void choose_primaries(struct otlp_item *items, size_t count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned first = otlp_group_of(items, i);
        if (items[i].call && is_nearer(&items[i], &items[items[first].primary]))
            items[first].primary = i;
    }
}

bool otlp_group(struct otlp_item *items, size_t count, struct arena *arena)
{
    struct places selves;

    for (unsigned i = 0; i < count; i++)
        items[i].group = items[i].primary = i;
    if (count < 2)
        return true;
    if (!places_make(&selves, count, arena) || !join_by_response(items, count, arena))
        return false;
    for (unsigned i = 0; i < count; i++)
        if (items[i].self) {
            unsigned *place = place_of_self(&selves, items, items[i].self);
            *place = *place ? *place : i + 1;
        }
    for (unsigned i = 0; i < count; i++)
        if (items[i].call)
            find_above(items, &selves, i);
    for (unsigned i = 0; i < count; i++)
        if (items[i].above)
            note_below(items, i);
    for (unsigned i = 0; i < count; i++)
        if (items[i].above && !items[items[i].above - 1].holds_calls)
            join(items, i, items[i].above - 1);
    choose_primaries(items, count);
    list_members(items, count);
    return true;
}

static void merge_labels(struct record *to, const struct record *from)
{
    for (unsigned i = 0; i < TEXT_COUNT; i++) {
        if (to->ev.text[i].size || !from->ev.text[i].size)
            continue;
        to->ev.text[i] = from->ev.text[i];
        if (text_is_label(i))
            to->label_by[i - TEXT_LABEL_FIRST] = from->label_by[i - TEXT_LABEL_FIRST];
    }
    if (to->ev.count[COUNT_RETRY_DEPTH] < 0)
        to->retry_depth_by = from->retry_depth_by;
}

void otlp_merge(struct record *to, const struct record *from)
{
    struct event *ev = &to->ev;
    const struct event *more = &from->ev;

    merge_labels(to, from);
    for (unsigned i = 0; i < COUNT_COUNT; i++)
        if (ev->count[i] < 0)
            ev->count[i] = more->count[i];
    if (ev->reported == REPORTED_NONE || ev->reported == REPORTED_ZERO) {
        if (more->reported != REPORTED_NONE) {
            ev->reported = more->reported;
            ev->reported_usd = more->reported_usd;
        }
    }
    if (!ev->first_token_ns)
        ev->first_token_ns = more->first_token_ns;
    ev->stream |= more->stream;
    if (!ev->tag_count) {
        memcpy(ev->tags, more->tags, sizeof ev->tags);
        ev->tag_count = more->tag_count;
    }
    if (!ev->metadata_count) {
        memcpy(ev->metadata, more->metadata, sizeof ev->metadata);
        ev->metadata_count = more->metadata_count;
    }
}
