/* One event that was decided, and the two ways of showing it. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/policy_trace.h"

struct explained {
    const struct record *record;
    const struct schema *schema;
    const struct decls *decls;
    const struct money
        *requested_usd; /* NULL: another model did not answer, or no price */
    size_t number;      /* among the events of the input, from 1 */
    bool cost;          /* show instructions */
    size_t step_count;
    const struct policy_trace_step *steps; /* in the order of evaluation */
};

void explain_text(struct buf *out, const struct explained *x);

/* One line. */
void explain_json(struct buf *out, const struct explained *x);
