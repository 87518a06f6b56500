/* What the functions of policies were asked and took: counted by each state for itself,
 * added up here. Any thread. */
#pragma once
#include "spendwarden/policy.h"

enum policy_result {
    POLICY_ANSWERED,
    POLICY_NIL,
    POLICY_FAILED,
    POLICY_SKIPPED_NEEDS, /* the event lacks a field that it needs */
    POLICY_SKIPPED_LABEL, /* a derive whose labels are there */
    POLICY_SKIPPED_ANSWERED,
    POLICY_SKIPPED_DISABLED,
    POLICY_SKIPPED_FILLING,
    POLICY_OUTCOMES
};

/* "answered", "nil", "failed", "skipped: needs", ...; static */
const char *policy_result_name(enum policy_result outcome);

struct policy_usage {
    int64_t outcomes[POLICY_OUTCOMES]; /* answered already: not counted */
    /* Estimates. Of calls with an event every 64th is timed, and every 1024th counted by
     * the instruction; of those at a tick every one, and every 64th. The first two are.
     */
    int64_t time_ns, instructions;
};

/* How many of them were calls: answered, nil or failed. */
static inline int64_t policy_usage_calls(const struct policy_usage *u)
{
    return u->outcomes[POLICY_ANSWERED] + u->outcomes[POLICY_NIL] +
           u->outcomes[POLICY_FAILED];
}

/* Of one of policy_functions, over all states that the set has and had. */
void policy_usage(const struct policy_set *s, size_t function, struct policy_usage *out);

/* Whether the policy, of policy_files, declares decls.windows[window]: equal ones are
 * shared. */
bool policy_declares(const struct policy_set *s, size_t policy, size_t window);
