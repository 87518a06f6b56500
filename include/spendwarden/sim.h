/* A generation on a clock that is told what time it is: events through the pipeline,
 * ticks through the rules, as the engine does it, but without a ledger, threads, or
 * anybody who is alerted. One thread, whose stack has 16 MiB. */
#pragma once
#include "spendwarden/generation.h"
#include "spendwarden/policy_trace.h"

struct sim;

struct sim_options {
    struct generation *generation; /* held */
    int64_t start_ns;
    int64_t stop_ns; /* of timestamp_monotonic: work beyond it is refused; 0: none is */
    struct policy_watch watch; /* of every policy */
    bool every_tick;           /* also those in which nothing can have changed */
};

bool sim_open(struct sim **out, const struct sim_options *options, struct err *err);
void sim_close(struct sim *s); /* accepts NULL */

int64_t sim_now(const struct sim *s);
const struct generation *sim_generation(const struct sim *s);

/* A body that comes now. Copies it. ERR_INPUT: there is no such source; ERR_LIMIT: no
 * time is left. */
bool sim_post(struct sim *s, struct str source, struct str body, struct err *err);

/* Decides and books the body's next event, as pipeline_next says. The record is valid
 * until the next call. */
enum verdict sim_next(struct sim *s, const struct record **out,
                      struct verdict_reason *why);

/* The clock goes on to `to_ns`, and every tick that is due by then runs; one at `to_ns`
 * itself does, before what comes at that moment. A tick that would find what the last one
 * found is left out; what can be seen of alerts is the same. ERR_LIMIT: no time is left.
 */
bool sim_advance(struct sim *s, int64_t to_ns, struct err *err);

/* How many ticks ran. */
int64_t sim_ticks(const struct sim *s);

/* The end of the next tick's wait. */
int64_t sim_next_tick(const struct sim *s);

/* As of the last tick; as rules_alerts has it. */
size_t sim_alerts(const struct sim *s, const struct alert **out);

/* Each time that an alert fired, in order; the first SIM_FIRINGS_MAX. */
enum { SIM_FIRINGS_MAX = 10000 };

struct sim_firing {
    uint64_t fingerprint;
    size_t label_count;
    const struct pair *labels; /* as in struct alert */
    double value;              /* when it fired */
    int64_t fired_ns, resolved_ns;
};

size_t sim_firings(const struct sim *s, const struct sim_firing **out);

/* What /metrics would show of spend, policies and ticks. What ticks show is left out
 * between an event and the next tick. */
bool sim_metrics(struct sim *s, struct buf *out, struct err *err);
