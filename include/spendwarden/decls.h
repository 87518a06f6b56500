/* What policies declare, without any Lua: windows, rules, budgets, metrics. Made by
 * policy/, used by the engine, window/, rules/ and metrics/. Immutable, and owned by
 * the generation that made them. */
#pragma once
#include "spendwarden/window_decl.h"

enum {
    STEPS_MAX = 8,
    DECL_LABELS_MAX = 8,
    EFFECT_LABEL_NAMES_MAX = 8,
    METRIC_BOUNDS_MAX = 32,
    BURNS_MAX = 4,
};

struct step {
    double at;
    struct str severity;
};

struct rule_decl {
    struct str policy, name, where; /* "file:line" */
    int window;                     /* index into decls.windows */
    bool has_above, has_below;
    double above, below;
    bool has_clear; /* hysteresis: once true, stays so until it passes this bound back */
    double clear;
    double min; /* the window's own value, in USD or events, must reach it; 0: no bound */
    size_t step_count; /* steps ascend; each reached one is an alert of its own */
    struct step steps[STEPS_MAX];
    int64_t hold_ns, keep_ns;
    struct str severity; /* without steps */
    size_t label_count, annotation_count;
    struct pair labels[DECL_LABELS_MAX], annotations[DECL_LABELS_MAX];
    bool
        annotates; /* by a function, asked when an alert begins to be pending or firing */
};

/* An alert while a group spends faster, over a long and a short window, than `factor`
 * times what would use up its limit at the end of a period of 30 days. */
struct burn {
    int long_window, short_window;
    int64_t long_ns, short_ns;
    double factor;
    struct str severity;
};

struct budget_decl {
    struct str policy, name, where;
    int window;       /* what is spent in the period */
    struct str alert; /* the alert's name */
    bool has_clear;
    double clear;
    size_t step_count; /* of spent / limit */
    struct step steps[STEPS_MAX];
    size_t label_count;
    struct pair labels[DECL_LABELS_MAX];
    size_t burn_count;
    struct burn burns[BURNS_MAX];
    double burn_min_usd; /* that the long window must hold, in two events at least */
    int week_window;     /* the last 7 days, for the forecast; -1: no calendar period */
    int day_windows[7];  /* each of them, the last one first; -1: of a budget of a day */
    bool has_forecast;
    double forecast; /* alert while the forecast is above this share of the limit */
    struct str forecast_severity;
    size_t group_count; /* groups whose gauges exist before any spend: values of the
                           single `by` label */
    const struct str *groups;
};

enum metric_kind { METRIC_COUNTER, METRIC_HISTOGRAM };

/* A metric that events feed, by effects of its name. */
struct metric_decl {
    enum metric_kind kind;
    struct str policy, name, help, where;
    size_t label_count;
    struct str labels[EFFECT_LABEL_NAMES_MAX];
    size_t bound_count; /* METRIC_HISTOGRAM: upper bounds of buckets, ascending, x 1e9 */
    int64_t bounds_nano[METRIC_BOUNDS_MAX];
};

/* A metric that a tick sets: one sample for each group of its window. */
struct gauge_decl {
    struct str policy, name, help, where;
    int window;
};

struct decls {
    size_t window_count, rule_count, budget_count, metric_count, gauge_count, class_count;
    const struct window_decl *windows;
    const struct rule_decl *rules;
    const struct budget_decl *budgets;
    const struct metric_decl *metrics;
    const struct gauge_decl *gauges;
    const struct str *classes;
};
