/* Failures of policies, counted since they were loaded. Any thread. */
#pragma once
#include "spendwarden/policy.h"

struct policy_error_count {
    struct str policy, rule; /* rule: "file:line"; borrowed from the set */
    const char *reason; /* static: "runtime"; a limit: "instructions", "wall", "memory",
                           "string", "table", "output"; "value"; "disabled" (once, by the
                           breaker) */
    int64_t count;
    size_t function; /* in the order of registration */
};

/* Over all states of the set. Fills at most `max`, returns how many there are. */
size_t policy_errors(const struct policy_set *s, struct policy_error_count *out,
                     size_t max);

/* The breaker took it out: counts with the rule that failed last. */
void policy_note_disabled(const struct policy_set *s, size_t policy);

enum { POLICY_MESSAGE_SIZE = 400 };

/* The last failure of a policy. */
struct policy_failure {
    struct str rule;    /* "file:line"; borrowed from the set */
    const char *reason; /* static */
    char message[POLICY_MESSAGE_SIZE];
};

/* False: it never failed, or there is no such policy. */
bool policy_last_failure(const struct policy_set *s, struct str policy,
                         struct policy_failure *out);
