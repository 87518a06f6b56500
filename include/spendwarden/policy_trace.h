/* What a state asked of which function, and what it did not ask and why: for `explain`
 * and `bench`; and what failed, for tests. */
#pragma once
#include "spendwarden/policy.h"

struct policy_trace_step {
    const char *stage; /* static: "derive", "price", "classify", "counter", "window",
                          "rule", "budget" */
    struct str policy, rule, label; /* rule: "file:line"; borrowed from the set */
    size_t function;                /* in the order of registration */
    const char *outcome; /* static: "answered", "nil", "failed", "skipped: needs",
                            "skipped: label present", "skipped: answered already",
                            "skipped: disabled", "skipped: filling" */
    struct str missing;  /* "skipped: needs": the first field that is not there; else
                            empty. Borrowed from the schema */
    const char *reason;  /* "failed": as policy_errors has it; else NULL */
    const char *message; /* "failed": for people; borrowed for the call; else NULL */
    int64_t instructions;
};

typedef void policy_trace(void *ctx, const struct policy_trace_step *step);

/* Counts each instruction from now on, instead of each thousandth. NULL: no more. */
void policy_vm_trace(struct policy_vm *vm, policy_trace *trace, void *ctx);

/* A failure as it happens, for tests: it counts, but is not logged then. Texts are
 * borrowed for the call. */
typedef void policy_failed(void *ctx, struct str policy, struct str rule,
                           const char *reason, const char *message);

struct policy_watch {
    policy_failed *failed; /* NULL: nobody watches */
    void *ctx;
};

void policy_vm_watch(struct policy_vm *vm, struct policy_watch watch);
