/* A simulated clock around the alert states: one rule, one budget, one group. */
#pragma once
#include "../unit.h"

#include <stdio.h>

#include "spendwarden/rules_observe.h"

/* 2026-08-22T10:00:00Z */
#define START_NS (INT64_C(1787392800) * NS_PER_SECOND)
#define TICK_NS (15 * NS_PER_SECOND)

struct simulation {
    struct rules *rules;
    int64_t now_ns;
    struct rule_decl rule;
    struct budget_decl budget;
    int64_t period_start_ns, period_end_ns;
    struct pair group[2];
    size_t max_alerts;
};

static inline struct rules *opened_rules(size_t max_alerts)
{
    const struct rules_options options = {
        .max_alerts = max_alerts,
        .resend_ns = NS_PER_MINUTE,
        .resolved_ns = 15 * NS_PER_MINUTE,
        .gap_ns = NS_PER_MINUTE,
    };
    struct rules *rules;

    assert_true(rules_open(&rules, &options, NULL));
    return rules;
}

/* A rule "> 3" for team=ml; a budget with steps at 0.5, 0.8 and 1. */
static inline struct simulation simulation_begin(void)
{
    return (struct simulation){
        .rules = opened_rules(100),
        .now_ns = START_NS,
        .rule = {.policy = STR("finops"),
                 .name = STR("Spike"),
                 .where = STR("p.lua:3"),
                 .has_above = true,
                 .above = 3,
                 .severity = STR("critical")},
        .budget = {.policy = STR("finops"),
                   .name = STR("team-month"),
                   .alert = STR("TeamBudget"),
                   .where = STR("p.lua:9"),
                   .step_count = 3,
                   .steps = {{0.5, STR("info")},
                             {0.8, STR("warning")},
                             {1.0, STR("critical")}}},
        .period_start_ns = START_NS - NS_PER_DAY,
        .period_end_ns = START_NS + NS_PER_DAY,
        .group = {{STR("team"), STR("ml")}, {STR("tenant"), STR("")}},
        .max_alerts = 100,
    };
}

static inline void simulation_end(struct simulation *s)
{
    rules_close(s->rules);
}

/* Ticks in which nothing is said but the clock moves. */
static inline void tick_begin(struct simulation *s, int64_t step_ns)
{
    s->now_ns += step_ns;
    rules_begin(s->rules, s->now_ns);
}

static inline void tick(struct simulation *s, double value)
{
    tick_begin(s, TICK_NS);
    rules_observe(s->rules, &s->rule, (struct group_labels){2, s->group},
                  (struct answer){ANSWER_NUMBER, value}, 100);
    rules_end(s->rules);
}

static inline void ticks(struct simulation *s, int count, double value)
{
    while (count-- > 0)
        tick(s, value);
}

static inline void tick_budget(struct simulation *s, double spent, double limit)
{
    tick_begin(s, TICK_NS);
    rules_observe_budget(
        s->rules, &s->budget, (struct group_labels){2, s->group},
        &(struct spending){spent, limit, s->period_start_ns, s->period_end_ns, false});
    rules_end(s->rules);
}

/* The process ends and starts again: only what was saved is left. */
/* After all that was due has reached its receivers. */
static inline void restart(struct simulation *s)
{
    struct buf saved = {0};

    rules_delivered(s->rules);
    rules_save(s->rules, &saved);
    rules_close(s->rules);
    s->rules = opened_rules(s->max_alerts);
    assert_true(rules_load(s->rules, buf_str(&saved), NULL));
    buf_release(&saved);
}

static inline size_t in_state(const struct simulation *s, enum alert_state state)
{
    size_t by_state[4];
    int64_t refused;

    rules_count(s->rules, by_state, &refused);
    return by_state[state];
}

/* The first alert that fires or was resolved. */
static inline struct alert first_alert(const struct simulation *s)
{
    const struct alert *alerts;

    assert_true(rules_alerts(s->rules, &alerts) > 0);
    return alerts[0];
}

static inline const char *text_of(const struct pair *pairs, size_t count,
                                  const char *name)
{
    static char text[8192];

    for (size_t i = 0; i < count; i++)
        if (str_eq(pairs[i].name, str_of(name))) {
            snprintf(text, sizeof text, "%.*s", STR_ARG(pairs[i].value));
            return text;
        }
    return NULL;
}

static inline const char *label_of(const struct alert *a, const char *name)
{
    return text_of(a->labels, a->label_count, name);
}

static inline const char *annotation_of(const struct alert *a, const char *name)
{
    return text_of(a->annotations, a->annotation_count, name);
}

static inline size_t due(const struct simulation *s)
{
    const struct alert *alerts;

    return rules_due(s->rules, &alerts);
}
