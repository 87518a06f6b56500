/* What a state asked of which function, and what it did not ask and why: for `explain`
 * and `bench`. */
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
