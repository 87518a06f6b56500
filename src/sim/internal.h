/* What the files of sim/ share. */
#pragma once
#include "../tick/evaluate.h"
#include "spendwarden/metrics.h"
#include "spendwarden/pipeline.h"
#include "spendwarden/sim.h"
#include "spendwarden/window_change.h"

/* Every firing so far. */
struct history {
    struct arena arena; /* labels */
    struct sim_firing *firings;
    size_t count, capacity;
};

struct sim {
    struct generation *generation; /* held */
    int64_t now_ns, stop_ns;
    int64_t ticked_ns; /* of the last tick that ran; 0: none */
    int64_t ticks;     /* that ran */
    bool every_tick;
    struct policy_watch watch;
    bool fresh;         /* an event came since */
    bool knows_changes; /* changes_ns is that of the last tick */
    int64_t changes_ns;
    struct standing standing;

    struct pipeline *pipeline;
    struct arena body_arena;
    struct buf body; /* JSON_PADDING bytes behind it */

    struct metrics *metrics;
    struct windows *windows;
    int *window_ids; /* owned; by window of the generation */

    struct policy_vm *policies; /* of ticks */
    struct rules *rules;
    struct arena tick_arena;
    struct history history;
};

/* One tick at that moment; those since the last one that ran saw the same. */
bool tick_run(struct sim *s, int64_t at_ns, struct err *err);

/* Of the generation's first `count` windows, in the tick's arena, until the next call.
 * NULL: no memory. */
const struct window_sums *tick_sums(struct sim *s, size_t count, int64_t at_ns,
                                    struct err *err);

/* The first tick after the last one that has to run, if no event comes. */
int64_t tick_needed(struct sim *s);

/* What changed at the last tick. */
bool history_note(struct history *h, const struct rules *rules, int64_t at_ns,
                  struct err *err);
void history_release(struct history *h);
