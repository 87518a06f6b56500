#include <stdlib.h>

#include "internal.h"

bool rules_open(struct rules **out, const struct rules_options *options, struct err *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_set(err, ERR_MEMORY, "alert states: out of memory");
    (*out)->options = *options;
    return true;
}

void rules_follow(struct rules *r, const struct rules_options *options)
{
    r->options = *options;
}

void rules_close(struct rules *r)
{
    if (r)
        instances_release(r);
    free(r);
}

void rules_begin(struct rules *r, int64_t tick_ns)
{
    int64_t passed = r->tick_ns ? tick_ns - r->tick_ns : 0;

    r->observed_ns = passed > 0 && passed <= r->options.gap_ns ? passed : 0;
    r->tick_ns = tick_ns > r->tick_ns ? tick_ns : r->tick_ns;
    r->round++;
    r->change_count = 0;
    instances_sweep(r);
}

static void keep(struct rules *r, struct str policy, struct str name)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_eq(r->instances[i]->alert.rule, name) &&
            str_eq(r->instances[i]->alert.policy, policy))
            r->instances[i]->kept_round = r->round;
}

void rules_keep(struct rules *r, const struct rule_decl *rule)
{
    keep(r, rule->policy, rule->name);
}

void rules_keep_budget(struct rules *r, const struct budget_decl *budget)
{
    keep(r, budget->policy, budget->name);
}

/* Kept ones age all the same: a resolved alert is not sent for ever. */
static bool is_expired(const struct rules *r, const struct instance *i)
{
    return i->alert.state == ALERT_RESOLVED &&
           r->tick_ns - i->alert.resolved_ns > r->options.resolved_ns;
}

void rules_end(struct rules *r)
{
    for (size_t at = 0; at < r->count; at++) {
        struct instance *i = r->instances[at];
        bool seen = i->round == r->round || i->kept_round == r->round;
        if (!seen || is_expired(r, i))
            instance_step(r, i, false, 0);
    }
    instances_list(r);
}

size_t rules_changes(const struct rules *r, const struct alert_change **out)
{
    *out = r->changes;
    return r->change_count;
}

size_t rules_alerts(const struct rules *r, const struct alert **out)
{
    *out = r->alerts;
    return r->alert_count;
}

void rules_count(const struct rules *r, size_t by_state[4], int64_t *refused)
{
    for (size_t state = 0; state < 4; state++)
        by_state[state] = 0;
    for (size_t i = 0; i < r->count; i++)
        by_state[r->instances[i]->alert.state]++;
    *refused = r->refused;
}
