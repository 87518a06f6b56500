/* What policies cost, function by function: gathered by bench_run.c, shown by
 * bench_text.c and bench_json.c. */
#pragma once
#include "spendwarden/generation.h"
#include "spendwarden/policy_measure.h"

enum bench_outcome {
    BENCH_ANSWERED,
    BENCH_NIL,
    BENCH_FAILED,
    BENCH_NEEDS,         /* not called: a field is missing */
    BENCH_LABEL_PRESENT, /* not called: nothing is missing */
    BENCH_ANSWERED_BEFORE,
    BENCH_DISABLED, /* or its window is filling */
    BENCH_OUTCOMES,
};

struct bench_function {
    struct policy_function about; /* borrowed from the generation */
    struct policy_cost cost;
    int64_t outcomes[BENCH_OUTCOMES]; /* events, or groups of a tick */
};

struct bench_events {
    const char *from;       /* a path; NULL: the built-in mix */
    const char *source;     /* NULL: look */
    struct record *records; /* decoded, not decided; owned */
    size_t count, room;
    size_t rejected, left_out;
    int64_t latest_ns; /* booked time */
    struct arena arena;
};

struct bench {
    struct generation *generation; /* held by the caller */
    size_t rounds;                 /* calls of each function for each event */
    bool progress;                 /* tell standard error how far it is */
    struct bench_events events;
    size_t function_count;
    struct bench_function *functions; /* owned */
    int64_t *passed; /* by window of the policies: events that its `where` lets through;
                        owned */
    struct policy_overhead overhead;
    double event_ns; /* an event's policies as the engine runs them, garbage included */
    double tick_ns;  /* a tick as a whole, alert states included */
};

/* Generic events, one a line, the same in every run. */
void bench_mix(struct buf *out);

/* False: said on standard error. */
bool bench_load(struct bench_events *e, const struct generation *g);
void bench_events_release(struct bench_events *e);

bool bench_run(struct bench *b, struct err *err);
void bench_release(struct bench *b); /* events too */

int64_t bench_calls(const struct bench_function *f);
int64_t bench_skips(const struct bench_function *f);

/* Means; 0 where nothing was called. */
double bench_ns_per_call(const struct bench_function *f);
double bench_bytes_per_call(const struct bench_function *f);
double bench_instructions_per_call(const struct bench_function *f);

void bench_text(struct buf *out, const struct bench *b);
void bench_json(struct buf *out, const struct bench *b);
