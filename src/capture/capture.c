/* Two sums for each service that forget at the same pace: tokens of booked calls, and
 * tokens that its metrics count. A span comes seconds after its call, a metric up to
 * minutes, so calls wait until a data point covers their time; then both sides are of the
 * same time, and neither has an edge at which a burst of calls would be on one side only.
 */
#include "spendwarden/capture.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "series.h"
#include "spendwarden/hash.h"

#define AHEAD_MOST_NS (5 * NS_PER_MINUTE)

enum {
    COUNTERS_MAX = 16,
    OTHER = CAPTURE_SERVICES_MAX,
    WAIT_SLOTS = (CAPTURE_REACH_NS + AHEAD_MOST_NS) / NS_PER_SECOND + 1,
};

static const struct str other_name = STR("__other__");

/* Calls that ended within a second, counted from 1970. */
struct waiting {
    int64_t slot;
    double tokens;
};

struct counter {
    uint64_t provider, counter;
    double tokens;
};

struct service {
    uint64_t hash;
    char name[TEXT_VALUE_MAX];
    size_t name_size;
    int64_t seen_ns;     /* the last call or point */
    int64_t decayed_ns;  /* as of when the sums are */
    double booked;       /* of calls that a data point covers */
    int64_t covered_ns;  /* up to when; 0: there was no point yet */
    int64_t settled;     /* the slot up to which none waits */
    int64_t reported_ns; /* when the last point came that was new */
    int64_t lost_ns;     /* the last point for which there was no room */
    size_t counter_count;
    struct counter counters[COUNTERS_MAX];
    struct waiting waiting[WAIT_SLOTS];
};

struct capture {
    pthread_mutex_t lock;
    uint64_t seed;
    int64_t began_ns;
    struct series *series;
    int64_t counts[CAPTURE_OUTCOMES];
    size_t service_count;
    struct service *last;                              /* the one asked for last */
    struct service services[CAPTURE_SERVICES_MAX + 1]; /* OTHER: all that had no room */
};

struct capture *capture_new(int64_t now_ns)
{
    struct capture *c = calloc(1, sizeof *c);
    struct err err = {0};

    if (!c)
        return NULL;
    pthread_mutex_init(&c->lock, NULL);
    c->began_ns = now_ns;
    c->series = series_new();
    if (!c->series || !random_bytes(&c->seed, sizeof c->seed, &err)) {
        capture_free(c);
        return NULL;
    }
    return c;
}

void capture_free(struct capture *c)
{
    if (!c)
        return;
    series_free(c->series);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

uint64_t capture_seed(const struct capture *c)
{
    return c->seed;
}

bool capture_is_young(const struct capture *c, int64_t now_ns)
{
    return now_ns - c->began_ns < CAPTURE_REACH_NS;
}

/* --- services --- */

static bool is_idle(const struct service *s, int64_t now_ns)
{
    return now_ns - s->seen_ns > CAPTURE_REACH_NS;
}

static struct service *begin(struct service *s, struct str name, uint64_t hash,
                             int64_t now_ns)
{
    memset(s, 0, sizeof *s);
    s->hash = hash;
    s->name_size = name.size < sizeof s->name ? name.size : sizeof s->name;
    if (s->name_size)
        memcpy(s->name, name.at, s->name_size);
    s->decayed_ns = now_ns;
    return s;
}

static struct service *other(struct capture *c, int64_t now_ns)
{
    struct service *s = &c->services[OTHER];

    return s->seen_ns ? s : begin(s, other_name, 0, now_ns);
}

static struct service *find(struct capture *c, uint64_t hash, struct str name,
                            int64_t now_ns)
{
    struct service *idle = NULL;

    if (c->last && c->last->hash == hash)
        return c->last;
    if (str_eq(name, other_name))
        return other(c, now_ns);
    for (size_t i = 0; i < c->service_count; i++) {
        struct service *s = &c->services[i];
        if (s->hash == hash)
            return s;
        if (!idle && is_idle(s, now_ns))
            idle = s;
    }
    if (c->service_count < CAPTURE_SERVICES_MAX)
        return begin(&c->services[c->service_count++], name, hash, now_ns);
    return idle ? begin(idle, name, hash, now_ns) : other(c, now_ns);
}

static struct service *service_of(struct capture *c, struct str name, int64_t now_ns)
{
    struct service *s = find(c, hash_of(name, c->seed) | 1, name, now_ns);

    c->last = s;
    if (now_ns > s->seen_ns)
        s->seen_ns = now_ns;
    return s;
}

static void decay(struct service *s, int64_t now_ns)
{
    double passed = (double)(now_ns - s->decayed_ns);

    if (passed <= 0)
        return;
    double share = exp2(-passed / (double)CAPTURE_HALF_LIFE_NS);
    s->decayed_ns = now_ns;
    s->booked *= share;
    for (size_t i = 0; i < s->counter_count; i++)
        s->counters[i].tokens *= share;
}

/* --- what the metrics count --- */

/* Two instrumentations of one client count each call twice, and so do a metric's old and
 * new name: of one provider, only the largest counts. */
static bool is_largest(const struct service *s, size_t which)
{
    const struct counter *own = &s->counters[which];

    for (size_t i = 0; i < s->counter_count; i++) {
        const struct counter *c = &s->counters[i];
        bool larger = c->tokens > own->tokens || (c->tokens == own->tokens && i < which);
        if (c->provider == own->provider && larger)
            return false;
    }
    return true;
}

static double counted(const struct service *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->counter_count; i++)
        if (is_largest(s, i))
            sum += s->counters[i].tokens;
    return sum;
}

/* NULL: there is no room, and none that was forgotten. */
static struct counter *counter_of(struct service *s, const struct token_point *p)
{
    struct counter *room = NULL;

    for (size_t i = 0; i < s->counter_count; i++) {
        struct counter *c = &s->counters[i];
        if (c->provider == p->provider && c->counter == p->counter)
            return c;
        if (c->tokens < 1)
            room = c;
    }
    if (s->counter_count < COUNTERS_MAX)
        room = &s->counters[s->counter_count++];
    if (room)
        *room = (struct counter){p->provider, p->counter, 0};
    return room;
}

/* --- calls that wait --- */

static int64_t slot_of(int64_t at_ns)
{
    return at_ns / NS_PER_SECOND;
}

/* While the metrics have counted nothing, what they say of this time is not known, and
 * its calls are not compared. */
static void book(struct service *s, double tokens)
{
    if (counted(s) > 0)
        s->booked += tokens;
}

/* What the newest data point covers is compared from now on. */
static void settle(struct service *s)
{
    int64_t last = slot_of(s->covered_ns), first = last - WAIT_SLOTS + 1;
    double sum = 0;

    for (int64_t slot = first > s->settled ? first : s->settled + 1; slot <= last; slot++)
        if (s->waiting[slot % WAIT_SLOTS].slot == slot)
            sum += s->waiting[slot % WAIT_SLOTS].tokens;
    s->settled = last;
    book(s, sum);
}

static void cover(struct service *s, int64_t time_ns, int64_t now_ns)
{
    int64_t most_ns = now_ns + AHEAD_MOST_NS;

    if (time_ns > most_ns)
        time_ns = most_ns;
    if (time_ns <= s->covered_ns)
        return;
    settle(s);
    s->covered_ns = time_ns;
}

static void put_waiting(struct service *s, int64_t slot, double tokens)
{
    struct waiting *w = &s->waiting[slot % WAIT_SLOTS];

    if (w->slot < slot) /* what waited there waits too long */
        *w = (struct waiting){slot, 0};
    if (w->slot == slot)
        w->tokens += tokens;
}

void capture_call(struct capture *c, struct str service, int64_t tokens, int64_t ended_ns,
                  int64_t now_ns)
{
    if (tokens <= 0 || now_ns - ended_ns > CAPTURE_REACH_NS)
        return;
    pthread_mutex_lock(&c->lock);
    struct service *s = service_of(c, service, now_ns);
    if (slot_of(ended_ns) <= s->settled) {
        decay(s, now_ns);
        book(s, (double)tokens);
    } else {
        put_waiting(s, slot_of(ended_ns), (double)tokens);
    }
    pthread_mutex_unlock(&c->lock);
}

enum capture_outcome capture_point(struct capture *c, const struct token_point *p,
                                   int64_t now_ns)
{
    double used = 0;

    pthread_mutex_lock(&c->lock);
    struct service *s = service_of(c, p->service, now_ns);
    struct counter *counter = counter_of(s, p);
    enum capture_outcome outcome = CAPTURE_OVERFLOW;
    if (counter)
        outcome = series_take(c->series, p, (unsigned)(s - c->services), c->began_ns,
                              now_ns, &used);
    if (outcome == CAPTURE_OVERFLOW)
        s->lost_ns = now_ns;
    if (outcome == CAPTURE_ACCEPTED) {
        cover(s, p->time_ns, now_ns);
        decay(s, now_ns);
        s->reported_ns = now_ns;
        counter->tokens += used;
    }
    c->counts[outcome]++;
    pthread_mutex_unlock(&c->lock);
    return outcome;
}

/* --- views --- */

int64_t capture_count(struct capture *c, enum capture_outcome outcome)
{
    pthread_mutex_lock(&c->lock);
    int64_t count = c->counts[outcome];
    pthread_mutex_unlock(&c->lock);
    return count;
}

static bool has_ratio(const struct service *s, int64_t now_ns)
{
    return s->reported_ns && now_ns - s->reported_ns <= CAPTURE_REACH_NS &&
           (!s->lost_ns || now_ns - s->lost_ns > CAPTURE_REACH_NS) &&
           counted(s) >= CAPTURE_TOKENS_LEAST;
}

static void look(struct service *s, int64_t now_ns, capture_visitor *visit, void *ctx)
{
    settle(s);
    decay(s, now_ns);
    if (has_ratio(s, now_ns))
        visit(ctx, (struct str){s->name, s->name_size}, s->booked / counted(s));
}

void capture_ratios(struct capture *c, int64_t now_ns, capture_visitor *visit, void *ctx)
{
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->service_count; i++)
        look(&c->services[i], now_ns, visit, ctx);
    look(&c->services[OTHER], now_ns, visit, ctx);
    pthread_mutex_unlock(&c->lock);
}
