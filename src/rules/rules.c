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

/* The condition of one bound or step, with what it was before. */
struct bound {
    enum answer_kind answer;
    bool blocked; /* `min` is not reached, or the period is over */
    bool has_above, has_below, has_step, has_clear;
    double above, below, step, clear;
    struct str severity;
};

/* Hysteresis has a direction only where there is one bound. */
static bool stays(const struct bound *b, double value)
{
    if (!b->has_clear || b->has_above + b->has_below + b->has_step != 1)
        return false;
    return b->has_below ? value <= b->clear : value >= b->clear;
}

static bool holds(const struct bound *b, double value, bool before)
{
    if (b->blocked || b->answer == ANSWER_FALSE)
        return false;
    if (b->answer == ANSWER_TRUE)
        return true;
    if ((b->has_above && value > b->above) || (b->has_below && value < b->below) ||
        (b->has_step && value >= b->step))
        return true;
    if (!b->has_above && !b->has_below && !b->has_step)
        return value == value; /* any number but NaN */
    return before && stays(b, value);
}

static void read_bound(struct reading *reading, const struct bound *b)
{
    bool below = b->has_below && (!b->has_above || reading->value < b->below);

    if (b->has_step) {
        reading->relation = "at or above";
        reading->threshold = b->step;
    } else if (below) {
        reading->relation = "below";
        reading->threshold = b->below;
    } else if (b->has_above) {
        reading->relation = "above";
        reading->threshold = b->above;
    }
}

static void observe(struct rules *r, const struct subject *s, const struct bound *b,
                    struct reading reading)
{
    char step[NUMBER_TEXT_SIZE];
    int step_size = b->has_step ? number_format(step, b->step) : 0;
    struct label_set labels;

    label_set_build(&labels, s, b->severity, (struct str){step, (size_t)step_size});
    uint64_t fingerprint = alert_fingerprint(labels.pairs, labels.count);
    struct instance *i = instance_find(r, &labels, fingerprint);
    if (i && i->round == r->round)
        return;
    if (i && i->period_start_ns != s->period_start_ns)
        instance_finish(r, i);
    bool condition = holds(b, reading.value, i && i->condition);
    if (!i && condition)
        i = instance_add(r, &labels, s->policy, s->name);
    if (!i)
        return;
    i->keep_ns = s->keep_ns;
    i->period_start_ns = s->period_start_ns;
    instance_step(r, i, condition, s->hold_ns);
    if (!condition)
        return;
    read_bound(&reading, b);
    i->alert.value = reading.value;
    annotate(i, s, &reading);
}

void rules_observe(struct rules *r, const struct rule_decl *rule,
                   const struct pair *group, size_t group_count, struct answer answer,
                   double window_value)
{
    const struct subject s = {
        .policy = rule->policy,
        .name = rule->name,
        .alertname = rule->name,
        .where = rule->where,
        .label_count = rule->label_count,
        .annotation_count = rule->annotation_count,
        .group_count = group_count,
        .labels = rule->labels,
        .annotations = rule->annotations,
        .group = group,
        .hold_ns = rule->hold_ns,
        .keep_ns = rule->keep_ns,
    };
    struct bound b = {
        .answer = answer.kind,
        .blocked = rule->min > 0 && !(window_value >= rule->min),
        .has_above = rule->has_above && !rule->step_count,
        .has_below = rule->has_below && !rule->step_count,
        .has_step = rule->step_count > 0,
        .has_clear = rule->has_clear,
        .above = rule->above,
        .below = rule->below,
        .clear = rule->clear,
        .severity = rule->severity,
    };
    struct reading reading = {.value = answer.number};

    if (answer.kind != ANSWER_NUMBER)
        reading.value = answer.kind == ANSWER_TRUE;
    if (!b.has_step)
        observe(r, &s, &b, reading);
    for (size_t i = 0; i < rule->step_count; i++) {
        b.step = rule->steps[i].at;
        b.severity = rule->steps[i].severity;
        observe(r, &s, &b, reading);
    }
}

void rules_observe_budget(struct rules *r, const struct budget_decl *budget,
                          const struct pair *group, size_t group_count, double spent_usd,
                          double limit_usd, int64_t period_start_ns,
                          int64_t period_end_ns)
{
    const struct subject s = {
        .policy = budget->policy,
        .name = budget->name,
        .alertname = budget->alert,
        .where = budget->where,
        .label_count = budget->label_count,
        .group_count = group_count,
        .labels = budget->labels,
        .group = group,
        .period_start_ns = period_start_ns,
        .period_end_ns = period_end_ns,
    };
    /* A budget of 0 is used up by the first cent. */
    const struct reading reading = {
        .value = spent_usd > 0 || limit_usd > 0 ? spent_usd / limit_usd : 0,
        .spent_usd = spent_usd,
        .limit_usd = limit_usd,
    };
    struct bound b = {
        .answer = ANSWER_NUMBER,
        .blocked = r->tick_ns < period_start_ns || r->tick_ns >= period_end_ns,
        .has_step = true,
        .has_clear = budget->has_clear,
        .clear = budget->clear,
    };

    for (size_t i = 0; i < budget->step_count; i++) {
        b.step = budget->steps[i].at;
        b.severity = budget->steps[i].severity;
        observe(r, &s, &b, reading);
    }
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
