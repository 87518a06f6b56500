#include "scrapers.h"

#include <string.h>

#define REMEMBERED_NS (5 * NS_PER_MINUTE)
#define SILENT_NS (2 * NS_PER_MINUTE)

void scrapers_open(struct scrapers *s, int64_t known_ns)
{
    *s = (struct scrapers){.released_ns = known_ns};
}

static void forget(struct scrapers *s, size_t index)
{
    http_peer_drop(s->of[index].peer);
    s->of[index] = s->of[--s->count];
}

void scrapers_close(struct scrapers *s)
{
    while (s->count > 0)
        forget(s, s->count - 1);
}

static void forget_old(struct scrapers *s, int64_t at_ns)
{
    for (size_t i = s->count; i-- > 0;)
        if (at_ns - s->of[i].last_ns > REMEMBERED_NS)
            forget(s, i);
}

/* The one on this connection; else, of this address, the one whose connection is gone
 * that waits longest. */
static struct scraper *find(struct scrapers *s, const struct http_peer *peer)
{
    struct scraper *best = NULL;

    for (size_t i = 0; i < s->count; i++) {
        struct scraper *each = &s->of[i];
        if (each->peer == peer)
            return each;
        if (!http_peer_is_open(each->peer) &&
            strcmp(http_peer_address(each->peer), http_peer_address(peer)) == 0 &&
            (!best || each->last_ns < best->last_ns))
            best = each;
    }
    return best;
}

static struct scraper *add(struct scrapers *s, struct http_peer *peer, int64_t at_ns)
{
    if (s->count == SCRAPERS_MAX) {
        size_t oldest = 0;
        for (size_t i = 1; i < s->count; i++)
            if (s->of[i].last_ns < s->of[oldest].last_ns)
                oldest = i;
        forget(s, oldest);
    }
    struct scraper *fresh = &s->of[s->count++];
    int64_t recent_ns = at_ns - REMEMBERED_NS;
    *fresh = (struct scraper){
        .peer = http_peer_hold(peer),
        .last_ns = s->released_ns > recent_ns ? s->released_ns : recent_ns,
    };
    return fresh;
}

static bool is_waited_for(const struct scraper *each, int64_t at_ns)
{
    int64_t usual_ns = each->interval_ns + each->interval_ns / 2;

    return at_ns - each->last_ns <= (usual_ns > SILENT_NS ? usual_ns : SILENT_NS);
}

int64_t scrapers_see(struct scrapers *s, struct http_peer *peer, int64_t at_ns)
{
    forget_old(s, at_ns);
    struct scraper *me = find(s, peer);
    bool known = me != NULL;

    if (!known)
        me = add(s, peer, at_ns);
    int64_t seen_ns = me->last_ns;
    for (size_t i = 0; i < s->count; i++)
        if (s->of[i].last_ns < seen_ns && is_waited_for(&s->of[i], at_ns))
            seen_ns = s->of[i].last_ns;
    if (seen_ns > s->released_ns)
        s->released_ns = seen_ns;
    if (me->peer != peer) {
        http_peer_drop(me->peer);
        me->peer = http_peer_hold(peer);
    }
    me->interval_ns = known ? at_ns - me->last_ns : 0;
    me->last_ns = at_ns;
    return s->released_ns;
}
