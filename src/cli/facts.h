/* What rules and dashboards have to know of a configuration. */
#pragma once
#include "spendwarden/generation.h"
#include "template.h"

/* Bytes that mean nothing within quotes, in YAML, PromQL and JSON. */
#define FACT_TEXT                                                                        \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:~%?&=#+-"

#define DEFAULT_JOB "spendwarden"

struct facts_options {
    const struct generation_options *generation; /* what was asked for */
    const char *job;                             /* whose series are meant */
    const char *runbooks; /* the page that alerts point to; NULL: they point to none */
    bool prometheus_owns; /* the alerts that the engine sends itself */
};

/* Facts: `version, arguments, job, selector`; `runbooks`, if there are; `model`, the
 * label of a model, if spend has one; `labels`, those of spend, "a,b"; `budget_group,
 * group_legend, of_group`, the labels that budgets are grouped by; `capture_below`, a
 * ratio; and, for conditions,
 * `owner:prometheus, budgets, coverage, litellm, label:NAME` of spend, `budget:LABEL` of
 * a budget's group, `alert:NAME` of a policy. Text lives in the arena. */
void facts_collect(struct facts *f, const struct generation *g,
                   const struct facts_options *o, struct arena *arena);
