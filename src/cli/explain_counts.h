/* What an event counts in at the next tick. */
#pragma once
#include "spendwarden/decls.h"
#include "spendwarden/record.h"

struct explain_count {
    const char *kind; /* static: "budget", "rule", "gauge" */
    struct str policy, name;
    enum aggregate aggregate;
    struct str value; /* a decimal; of AGGREGATE_DISTINCT the value itself */
    size_t label_count;
    struct pair labels[WINDOW_BY_MAX]; /* of the group; empty values are absent labels */
};

struct explain_counts {
    const struct decls *decls;
    const struct schema *schema;
    const struct record *record;
    void (*each)(void *ctx,
                 const struct explain_count *count); /* borrowed for the call */
    void *ctx;
};

/* Calls `each` for those whose window takes the event, whatever its time. */
void explain_counts(const struct explain_counts *c);
