/* What policies declare, without any Lua: windows, rules, budgets, counters. Made by
 * policy/, used by the engine, window/, rules/ and metrics/. Immutable, and owned by
 * the generation that made them. */
#pragma once
#include "spendwarden/event.h"
#include "spendwarden/zone.h"

enum {
    WINDOW_BY_MAX = 8,
    WHERE_MAX = 8,
    WHERE_VALUES_MAX = 32,
    STEPS_MAX = 8,
    DECL_LABELS_MAX = 8,
    EFFECT_LABEL_NAMES_MAX = 8,
};

enum aggregate { AGGREGATE_SUM, AGGREGATE_COUNT };
enum where_op { WHERE_PRESENT, WHERE_MISSING, WHERE_IN };

struct where_clause {
    struct field field;
    enum where_op op;
    size_t value_count; /* WHERE_IN */
    const struct str *values;
};

enum span_kind { SPAN_ROLLING, SPAN_CALENDAR };

/* Two declarations that are equal are one window. */
struct window_decl {
    enum aggregate aggregate;
    struct field sum;  /* AGGREGATE_SUM; FIELD_NONE: the value comes as an effect */
    struct str effect; /* then its name, "window:NAME"; else empty */
    size_t by_count;
    struct field
        by[WINDOW_BY_MAX]; /* text or derived text, in the order of declaration */
    size_t where_count;
    struct where_clause where[WHERE_MAX];
    enum span_kind span;
    int64_t over_ns, offset_ns; /* SPAN_ROLLING: 5 min to 31 days; offset >= 0 */
    enum period period;         /* SPAN_CALENDAR */
    const struct zone *zone;    /* SPAN_CALENDAR */
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
    size_t group_count; /* groups whose gauges exist before any spend: values of the
                           single `by` label */
    const struct str *groups;
};

struct counter_decl {
    struct str policy, name, help, where;
    size_t label_count;
    struct str labels[EFFECT_LABEL_NAMES_MAX];
};

struct decls {
    size_t window_count, rule_count, budget_count, counter_count, class_count;
    const struct window_decl *windows;
    const struct rule_decl *rules;
    const struct budget_decl *budgets;
    const struct counter_decl *counters;
    const struct str *classes;
};
