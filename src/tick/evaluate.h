/* What a tick decides, given the sums of windows: no ledger, no clock, nobody is told.
 * The engine's tick and a simulation share it. */
#pragma once
#include "spendwarden/capture.h"
#include "spendwarden/generation.h"
#include "spendwarden/policy_tick.h"
#include "tick_view.h"

/* How long what was decided stands, while no event comes and no window changes. */
struct standing {
    int64_t until_ns; /* INT64_MAX: for ever; 0: not to the next tick */
    bool drifts;      /* but the value of an alert moves a little all the time */
};

/* Of one moment. Everything is borrowed. */
struct evaluation {
    const struct generation *generation;
    struct policy_vm *policies; /* a state of the generation's policies */
    struct rules *rules;
    const struct window_sums *sums; /* one for each of the generation's windows */
    struct arena *arena;            /* until the next tick */
    struct tick_view_box *view;     /* what is shown of it; NULL: nobody looks */
    struct standing *standing;      /* filled in; NULL: nobody asks */
    int64_t at_ns;
    const struct policy_mask *disabled; /* these alert; NULL: none */
    struct capture *capture;            /* of services that send OTLP; NULL: none */
};

/* Rules, budgets and gauges; rules_changes and the like then say what came of it. */
void evaluate_rules(const struct evaluation *e);

/* What is shown beside: spend and coverage. Needs a view. */
void evaluate_views(const struct evaluation *e);
