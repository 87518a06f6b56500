/* Deciding an event again. */
#include <stdlib.h>

#include "spendwarden/log.h"
#include "spendwarden/policy_trace.h"
#include "spendwarden/shadow.h"

enum { SHARE = 5, BURST_MS = 50 };

bool time_share_begin(struct time_share *t)
{
    int64_t now_ns = timestamp_monotonic();

    t->owed_ns -= (now_ns - t->at_ns) / SHARE;
    if (t->owed_ns < 0)
        t->owed_ns = 0;
    t->at_ns = now_ns;
    return t->owed_ns < BURST_MS * NS_PER_MS;
}

void time_share_end(struct time_share *t)
{
    int64_t now_ns = timestamp_monotonic();

    t->owed_ns += now_ns - t->at_ns;
    t->at_ns = now_ns;
}

struct shadow {
    struct generation *generation; /* borrowed: beside whose policies these are */
    struct policy_vm *policies;
    struct price_cache *prices;
    struct time_share share;
    struct record copy; /* of the event at hand */
    bool failed;        /* a policy, with it */
    struct log_limit log;
};

static void note_failure(void *ctx, struct str policy, struct str rule,
                         const char *reason, const char *message)
{
    struct shadow *s = ctx;

    s->failed = true;
    log_limited(&s->log, NS_PER_MINUTE, LOG_WARN,
                "policies.shadow: policy %.*s: %.*s failed (%s): %s", STR_ARG(policy),
                STR_ARG(rule), reason, message);
}

bool shadow_open(struct shadow **out, struct generation *g, struct err *err)
{
    struct shadow *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return err_set(err, ERR_MEMORY, "policies.shadow: no memory");
    s->generation = g;
    s->prices = price_cache_new(g->prices);
    if (!s->prices || !policy_vm_open(&s->policies, g->shadow->policies, err)) {
        shadow_close(s);
        return err_set(err, ERR_MEMORY, "policies.shadow: no memory");
    }
    policy_vm_watch(s->policies, (struct policy_watch){note_failure, s});
    *out = s;
    return true;
}

void shadow_close(struct shadow *s)
{
    if (!s)
        return;
    policy_vm_close(s->policies);
    if (s->prices)
        price_cache_free(s->prices);
    free(s);
}

void shadow_begin(struct shadow *s, const struct record *r)
{
    s->copy = *r;
    s->failed = false;
}

static void decide(struct shadow *s, struct arena *arena)
{
    policy_vm_disable(s->policies, &generation_ruling(s->generation->shadow)->disabled);
    policy_event_begin(s->policies, &s->copy, arena);
    policy_derive(s->policies);
    price_record(s->generation->prices, s->prices, &s->copy);
    policy_price(s->policies);
    policy_classify(s->policies);
    policy_count(s->policies);
    policy_event_end(s->policies);
    shadow_note_event(s->generation, &s->copy.marks);
}

static void compare(struct shadow *s, struct record *r)
{
    const struct record *would = &s->copy;
    struct beside *b = &r->beside;

    *b = (struct beside){.state = BESIDE_SAME, .would_charge = would->charge.charge};
    for (size_t label = 0; label < LABEL_COUNT; label++)
        if (!str_eq(r->ev.text[TEXT_LABEL_FIRST + label],
                    would->ev.text[TEXT_LABEL_FIRST + label]))
            b->labels |= 1u << label;
    b->class = !str_eq(r->class, would->class);
    b->charge = r->charge.charge.nanousd != would->charge.charge.nanousd;
    b->billed = r->charge.billed.nanousd != would->charge.billed.nanousd;
    if (b->labels || b->class || b->charge || b->billed)
        b->state = BESIDE_CHANGED;
    if (s->failed)
        b->state = BESIDE_FAILED;
}

/* Without memory the record goes without them. */
static void add_effects(const struct record *would, struct record *r, struct arena *arena)
{
    size_t own = r->effect_count, more = would->effect_count;
    struct effect *all = more ? arena_alloc(arena, (own + more) * sizeof *all) : NULL;

    if (!all)
        return;
    if (own)
        memcpy(all, r->effects, own * sizeof *all);
    memcpy(all + own, would->effects, more * sizeof *all);
    r->effects = all;
    r->effect_count = (uint8_t)(own + more);
}

void shadow_end(struct shadow *s, struct record *r, struct arena *arena)
{
    if (!time_share_begin(&s->share)) {
        r->beside.state = BESIDE_SKIPPED;
        return;
    }
    decide(s, arena);
    compare(s, r);
    add_effects(&s->copy, r, arena);
    time_share_end(&s->share);
}

_Static_assert(LABEL_COUNT <= 32, "struct beside has a bit for each label");
