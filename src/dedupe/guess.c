#include "spendwarden/guess.h"
#include "spendwarden/hash.h"

#include <stdlib.h>

enum {
    SPANS_KEPT = 16384, /* a power of two */
    STEPS_MAX = 64,     /* the youngest with the same tokens */
};

struct span {
    uint64_t likeness;
    uint64_t older; /* number of the next older one in its bucket; 0: none */
    enum scope_rule rule;
    bool has_response;
    struct guessed self;
};

struct guesses {
    uint64_t last;               /* number of the youngest, counted from 1 */
    uint64_t newest[SPANS_KEPT]; /* of each bucket; 0: none */
    struct span spans[SPANS_KEPT];
};

struct guesses *guesses_open(void)
{
    return calloc(1, sizeof(struct guesses));
}

void guesses_close(struct guesses *g)
{
    free(g);
}

static const struct span *span_at(const struct guesses *g, uint64_t number)
{
    return &g->spans[number % SPANS_KEPT];
}

static size_t bucket_of(uint64_t likeness)
{
    return likeness % SPANS_KEPT;
}

/* The same process and the same tokens; 0: nothing to guess by. */
static uint64_t likeness_of(const struct event *ev)
{
    const int64_t parts[] = {(int64_t)ev->resource, ev->count[COUNT_INPUT_TOKENS],
                             ev->count[COUNT_OUTPUT_TOKENS]};

    if (!ev->is_span || !ev->resource || (parts[1] <= 0 && parts[2] <= 0))
        return 0;
    return hash_of((struct str){(const char *)parts, sizeof parts}, 0) | 1;
}

static struct span span_of(const struct record *r, const struct dedupe_key *key)
{
    return (struct span){.likeness = likeness_of(&r->ev),
                         .rule = r->ev.scope_rule,
                         .has_response = r->ev.text[TEXT_RESPONSE_ID].size > 0,
                         .self = {r->seq, *key}};
}

static bool within(const struct dedupe_key *a, const struct dedupe_key *b)
{
    return a->start_ms >= b->start_ms && a->end_ms <= b->end_ms;
}

/* Two response ids that are the same would have been found, and others tell them apart.
 */
static bool may_be_one(const struct span *a, const struct span *b)
{
    const struct dedupe_key *p = &a->self.key, *q = &b->self.key;

    return a->likeness == b->likeness && p->emitter != q->emitter &&
           !(a->has_response && b->has_response) && (within(p, q) || within(q, p)) &&
           a->rule != SCOPE_KEPT && b->rule != SCOPE_KEPT;
}

enum guess guesses_look(const struct guesses *g, const struct record *r,
                        const struct dedupe_key *key, struct guessed *out)
{
    const struct span fresh = span_of(r, key);
    uint64_t number = fresh.likeness ? g->newest[bucket_of(fresh.likeness)] : 0;

    for (int i = 0; number && number + SPANS_KEPT > g->last && i < STEPS_MAX; i++) {
        const struct span *s = span_at(g, number);
        number = s->older;
        if (!may_be_one(s, &fresh))
            continue;
        *out = s->self;
        bool joined = fresh.rule == SCOPE_JOINED || s->rule == SCOPE_JOINED;
        return joined ? GUESS_JOIN : GUESS_TELL;
    }
    return GUESS_NONE;
}

void guesses_add(struct guesses *g, const struct record *r, const struct dedupe_key *key)
{
    struct span fresh = span_of(r, key);

    if (!fresh.likeness)
        return;
    uint64_t *newest = &g->newest[bucket_of(fresh.likeness)];
    fresh.older = *newest;
    *newest = ++g->last;
    g->spans[g->last % SPANS_KEPT] = fresh;
}

uint64_t guesses_mark(const struct guesses *g)
{
    return g->last;
}

void guesses_rewind(struct guesses *g, uint64_t mark)
{
    for (; g->last > mark; g->last--) {
        struct span *s = &g->spans[g->last % SPANS_KEPT];
        g->newest[bucket_of(s->likeness)] = s->older;
        s->likeness = 0; /* nor is it the one that was there before */
    }
}
