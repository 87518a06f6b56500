/* What one state's calls came to: written by its thread alone, read by any. */
#pragma once
#include <pthread.h>

#include "spendwarden/policy_usage.h"

struct fn_usage {
    int64_t outcomes[POLICY_OUTCOMES];
    int64_t time_ns, instructions;
    uint32_t calls; /* wraps; which ones are measured */
};

/* What is measured of a call, which then stands for `weight` ones. */
struct sample {
    enum { SAMPLE_NOTHING, SAMPLE_TIME, SAMPLE_INSTRUCTIONS } what;
    int64_t weight;
};

/* Of the function's next call. */
struct sample usage_next(struct fn_usage *u, bool at_tick);

/* Of one writer and many readers, who may see it a little late. */
static inline void usage_add(int64_t *sum, int64_t value)
{
    __atomic_store_n(sum, *sum + value, __ATOMIC_RELAXED);
}

/* All states of a set. */
struct usage_book {
    pthread_mutex_t lock;
    struct policy_vm *first; /* open states */
    struct fn_usage *closed; /* owned: what the others came to */
};

struct usage_book *usage_book_new(size_t fn_count); /* NULL: no memory */
void usage_book_free(struct usage_book *b);         /* accepts NULL */

bool usage_open(struct policy_vm *vm, struct err *err);
void usage_close(struct policy_vm *vm); /* safe on a state that was not opened */
