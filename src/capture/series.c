/* A table of sets: a series may be in one of the places of its set only, so that neither
 * growing nor deleting moves anything. A place that was not touched for CAPTURE_REACH_NS
 * is free. */
#include "series.h"

#include <stdlib.h>

enum { WAYS = 16, SETS = SERIES_MAX / WAYS };

struct place {
    uint64_t series;
    double tokens;               /* as the newest point has them */
    int64_t time_ns, touched_ns; /* of that point; when it came; 0: the place is empty */
    unsigned service;
};

struct series {
    struct place places[SERIES_MAX];
    unsigned count[CAPTURE_SERVICES_MAX + 1]; /* by service; may hold forgotten ones */
    int64_t counted_ns;
};

struct series *series_new(void)
{
    return calloc(1, sizeof(struct series));
}

void series_free(struct series *s)
{
    free(s);
}

static bool is_free(const struct place *p, int64_t now_ns)
{
    return p->touched_ns == 0 || now_ns - p->touched_ns > CAPTURE_REACH_NS;
}

/* Where the series is, or could be; NULL: its set is full. */
static struct place *find(struct series *s, uint64_t series, int64_t now_ns)
{
    struct place *set = &s->places[series % SETS * WAYS], *room = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        if (is_free(&set[i], now_ns))
            room = room ? room : &set[i];
        else if (set[i].series == series)
            return &set[i];
    }
    return room;
}

/* At most once a minute: it looks at all of them. */
static void count_again(struct series *s, int64_t now_ns)
{
    if (s->counted_ns && now_ns - s->counted_ns < NS_PER_MINUTE)
        return;
    s->counted_ns = now_ns;
    memset(s->count, 0, sizeof s->count);
    for (size_t i = 0; i < SERIES_MAX; i++) {
        struct place *p = &s->places[i];
        if (is_free(p, now_ns))
            p->touched_ns = 0;
        else
            s->count[p->service]++;
    }
}

static bool has_room(struct series *s, unsigned service, int64_t now_ns)
{
    if (s->count[service] >= SERIES_PER_SERVICE)
        count_again(s, now_ns);
    return s->count[service] < SERIES_PER_SERVICE;
}

/* Nobody was there to see the calls of a longer or an earlier time. */
static bool is_seen_from_its_start(const struct token_point *p, int64_t began_ns,
                                   int64_t now_ns)
{
    int64_t start_ns = p->start_ns ? p->start_ns : p->time_ns;

    return start_ns >= began_ns && p->time_ns - start_ns <= CAPTURE_REACH_NS &&
           now_ns - p->time_ns <= CAPTURE_REACH_NS;
}

static double since(const struct place *before, const struct token_point *p)
{
    /* A sum that fell has begun anew. */
    bool goes_on = p->cumulative && p->tokens >= before->tokens;

    return goes_on ? p->tokens - before->tokens : p->tokens;
}

enum capture_outcome series_take(struct series *s, const struct token_point *p,
                                 unsigned service, int64_t began_ns, int64_t now_ns,
                                 double *used)
{
    struct place *place = find(s, p->series, now_ns);
    bool known = place && !is_free(place, now_ns);

    *used = 0;
    if (known && p->time_ns <= place->time_ns) {
        place->touched_ns = now_ns;
        return CAPTURE_DUPLICATE;
    }
    if (!known && (!place || !has_room(s, service, now_ns)))
        return CAPTURE_OVERFLOW;
    if (known) {
        *used = since(place, p);
    } else {
        if (place->touched_ns)
            s->count[place->service]--;
        s->count[service]++;
        *used = is_seen_from_its_start(p, began_ns, now_ns) ? p->tokens : 0;
    }
    *place = (struct place){p->series, p->tokens, p->time_ns, now_ns, service};
    return CAPTURE_ACCEPTED;
}
