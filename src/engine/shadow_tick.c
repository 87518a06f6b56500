#include "shadow_tick.h"

#include <stdlib.h>

#include "../tick/evaluate.h"
#include "spendwarden/log.h"
#include "ticker.h"

struct shadow_tick {
    struct rules *rules;
    struct policy_vm *policies; /* of the generation at hand; NULL: none yet */
    struct time_share share;
};

static struct shadow_tick *shadow_tick_new(const struct generation *g, struct err *err)
{
    struct rules_options options = ticker_rules_options(g->config);
    struct shadow_tick *t = calloc(1, sizeof *t);

    if (t && rules_open(&t->rules, &options, err))
        return t;
    shadow_tick_close(t);
    err_set(err, ERR_MEMORY, "no memory");
    return NULL;
}

void shadow_tick_leave(struct shadow_tick *t)
{
    if (!t)
        return;
    policy_vm_close(t->policies);
    t->policies = NULL;
}

void shadow_tick_close(struct shadow_tick *t)
{
    if (!t)
        return;
    shadow_tick_leave(t);
    rules_close(t->rules);
    free(t);
}

static bool follow(struct shadow_tick *t, const struct generation *g, struct err *err)
{
    struct rules_options options = ticker_rules_options(g->config);

    if (t->policies)
        return true;
    rules_follow(t->rules, &options);
    return policy_vm_open(&t->policies, g->shadow->policies, err);
}

static void note_fired(struct shadow_tick *t, struct generation *g)
{
    const struct alert_change *changes;
    size_t count = rules_changes(t->rules, &changes);

    for (size_t i = 0; i < count; i++)
        if (changes[i].to == ALERT_FIRING)
            shadow_note_fired(g, changes[i].alert);
}

static void evaluate(struct shadow_tick *t, struct generation *g,
                     const struct window_sums *sums, struct arena *arena, int64_t at_ns)
{
    const struct evaluation evaluation = {
        .generation = g->shadow,
        .policies = t->policies,
        .rules = t->rules,
        .sums = sums + (g->shadow->windows - g->windows),
        .arena = arena,
        .at_ns = at_ns,
        .disabled = &generation_ruling(g->shadow)->disabled,
    };
    struct policy_marks marks;

    policy_vm_disable(t->policies, evaluation.disabled);
    evaluate_rules(&evaluation);
    policy_tick_marks(t->policies, &marks);
    shadow_note_tick(g, &marks);
    note_fired(t, g);
}

static bool run(struct shadow_tick *t, struct generation *g,
                const struct window_sums *sums, struct arena *arena, int64_t at_ns,
                struct err *err)
{
    if (!follow(t, g, err))
        return false;
    if (!time_share_begin(&t->share))
        return true;
    evaluate(t, g, sums, arena, at_ns);
    time_share_end(&t->share);
    return true;
}

void shadow_tick_run(struct shadow_tick **at, struct generation *g,
                     const struct window_sums *sums, struct arena *arena,
                     struct tick_view_box *view, int64_t at_ns)
{
    static struct log_limit failed;
    struct err err = {0};

    if (!g->shadow) {
        shadow_tick_close(*at);
        *at = NULL;
        return;
    }
    if (!*at)
        *at = shadow_tick_new(g, &err);
    if (!*at || !run(*at, g, sums, arena, at_ns, &err)) {
        log_limited(&failed, NS_PER_MINUTE, LOG_ERROR,
                    "policies.shadow: rules were not evaluated: %s", err.text);
        return;
    }
    tick_view_shadow(view, (*at)->rules);
}
