/* The events that policies are measured on: a file's, or a mix made up here. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "feed.h"
#include "spendwarden/json.h"

enum { EVENTS_MAX = 10000 };

static struct record *next_record(struct bench_events *e)
{
    if (e->count == e->room) {
        size_t room = e->room ? 2 * e->room : 256;
        struct record *grown = realloc(e->records, room * sizeof *grown);
        if (!grown)
            return NULL;
        e->records = grown;
        e->room = room;
    }
    return &e->records[e->count];
}

/* Booked as if it came when it ended, so that every run is the same. */
static void keep(struct bench_events *e, struct record *r)
{
    struct event *ev = &r->ev;

    ev->received_ns = ev->end_ns     ? ev->end_ns
                      : ev->start_ns ? ev->start_ns
                                     : timestamp_now();
    record_book(r);
    if (r->booked_ns > e->latest_ns)
        e->latest_ns = r->booked_ns;
    e->count++;
}

/* The text stays in the arena: records borrow from it. */
static bool decode(struct bench_events *e, struct decoder *d, const struct source *source,
                   struct str values)
{
    char *body = arena_alloc(&e->arena, values.size + JSON_PADDING);
    struct verdict_reason why;
    enum verdict verdict = VERDICT_EVENT;

    if (!body)
        return false;
    memcpy(body, values.at, values.size);
    memset(body + values.size, 0, JSON_PADDING);
    decode_begin(d, source, (struct str){body, values.size}, &e->arena, 0);
    while (verdict != VERDICT_END && verdict != VERDICT_BROKEN) {
        struct record *r = next_record(e), spare;
        bool full = !r || e->count == EVENTS_MAX;
        verdict = decode_next(d, full ? &spare : r, &why);
        if (verdict == VERDICT_EVENT && full)
            e->left_out++;
        else if (verdict == VERDICT_EVENT)
            keep(e, r);
        e->rejected += verdict == VERDICT_REJECTED || verdict == VERDICT_BROKEN;
    }
    return true;
}

static bool decode_feed(struct bench_events *e, struct decoder *d,
                        const struct generation *g, struct feed *f)
{
    const struct source *source = NULL;
    struct str values;
    bool failed;

    while (feed_next(f, &values, &failed)) {
        if (!source)
            source =
                generation_source(g, str_of(e->source ? e->source : feed_source(values)));
        if (!decode(e, d, source, values))
            return false;
    }
    return !failed;
}

static bool decode_file(struct bench_events *e, struct decoder *d,
                        const struct generation *g)
{
    struct feed feed;
    bool ok = feed_open(&feed, e->from) && decode_feed(e, d, g, &feed);

    feed_close(&feed);
    return ok;
}

static bool decode_mix(struct bench_events *e, struct decoder *d,
                       const struct generation *g)
{
    struct buf mix = {0};

    bench_mix(&mix);
    bool ok =
        !mix.failed && decode(e, d, generation_source(g, STR("generic")), buf_str(&mix));
    buf_release(&mix);
    return ok;
}

bool bench_load(struct bench_events *e, const struct generation *g)
{
    struct decoder *d = NULL;
    struct err err = {0};

    arena_init(&e->arena, 0);
    if (!decoder_open(&d, &err)) {
        fprintf(stderr, "spendwarden bench: %s\n", err.text);
        return false;
    }
    bool ok = e->from ? decode_file(e, d, g) : decode_mix(e, d, g);
    decoder_close(d);
    if (ok && e->count == 0)
        fprintf(stderr, "spendwarden bench: %s holds no event that can be read\n",
                e->from);
    return ok && e->count > 0;
}

void bench_events_release(struct bench_events *e)
{
    free(e->records);
    e->records = NULL;
    arena_release(&e->arena);
}
