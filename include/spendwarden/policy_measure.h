/* What single functions of policies cost, for `bench`. */
#pragma once
#include "spendwarden/policy.h"

struct policy_function {
    const char *stage;              /* static: as in a trace */
    struct str policy, rule, label; /* rule: "file:line" */
    bool tick;                      /* called at ticks; else for events */
};

/* In the order of registration, as a trace counts them. Borrowed from the set. */
size_t policy_functions(const struct policy_set *s);
struct policy_function policy_function(const struct policy_set *s, size_t index);

/* Sums over the calls; of ns each call's part is the fastest of several, without the cost
 * of calling an empty function, and never below 0. Collecting garbage is in none of it.
 */
struct policy_cost {
    int64_t calls;
    double ns;
    int64_t instructions;
    int64_t sampled, bytes; /* allocated, in the first calls only */
};

/* From now on each function that the state calls is first called `rounds` times more with
 * the same argument; what one of them costs is added to costs[function]. NULL: no more.
 * Answers and failures of the calls that are measured count nowhere. */
void policy_vm_measure(struct policy_vm *vm, size_t rounds, struct policy_cost *costs);

struct policy_overhead {
    double call_ns;   /* of calling an empty function */
    double handle_ns; /* of the handle that an event's, or a group's, functions share */
    int64_t handle_bytes;
};

bool policy_vm_overhead(struct policy_vm *vm, struct policy_overhead *out,
                        struct err *err);
