/* The running engine: one ledger, the current generation, ticks and alerts. The HTTP
 * server in front is server.h. */
#pragma once
#include "spendwarden/books.h"
#include "spendwarden/capture.h"
#include "spendwarden/generation.h"
#include "spendwarden/outcomes.h"
#include "spendwarden/outlook.h"
#include "spendwarden/rules.h"

struct engine;

/* Loads, opens the ledger, restores, starts ticks and senders. Every error goes into
 * *diags. `serve`: false leaves out ticks and alerts (for `ledger verify`). */
bool engine_open(struct engine **out, const struct generation_options *options,
                 bool serve, struct diags *diags);
void engine_close(struct engine *e); /* accepts NULL */

struct books *engine_books(struct engine *e);
struct outcomes *engine_outcomes(struct engine *e);
struct capture *engine_capture(struct engine *e);

/* The current generation, held for the caller. */
struct generation *engine_generation(struct engine *e);

/* Whether the current generation is still `g`; cheap, for every request. */
bool engine_is_current(const struct engine *e, const struct generation *g);

/* The last word on a loaded configuration, before it counts. False: *diags says why. */
typedef bool engine_check(void *ctx, const struct config *next, struct diags *diags);

/* Loads everything anew and swaps it in if `check` agrees, which may be NULL; on failure
 * the old one stays and *diags says why. One at a time; others wait. `trigger`: for
 * people, why it is done, "SIGHUP". */
bool engine_reload(struct engine *e, const char *trigger, engine_check *check, void *ctx,
                   struct diags *diags);

enum { TRIGGER_SIZE = 200 };

/* Of the last one; the start counts. */
struct reload_state {
    bool successful;
    int64_t at_ns, success_ns; /* success: of the last successful one */
    char trigger[TRIGGER_SIZE];
};

void engine_reload_state(struct engine *e, struct reload_state *out);

/* What was wrong with the last one, added to *out. */
void engine_reload_errors(struct engine *e, struct diags *out);

/* --- what the last tick found --- */

struct budget_gauge {
    struct str policy, budget;
    struct pair labels[WINDOW_BY_MAX];
    size_t label_count;
    struct money limit, spent;
    struct outlook outlook;
    bool partial;          /* the period was not seen from its start */
    int64_t period_end_ns; /* of a calendar period; else 0 */
};

/* One sample of a gauge that a policy declares; those of one gauge are neighbours. */
struct policy_gauge {
    struct str name, help;
    struct pair labels[WINDOW_BY_MAX];
    size_t label_count;
    double value;
};

struct coverage_gauge {
    struct str label, window, source; /* source empty: over all */
    bool requests;                    /* of requests; else of spend */
    double ratio;                     /* attributed / all */
};

struct spend_gauge {
    struct str window; /* as in spend_spans */
    struct str team, workflow_id;
    struct money spent;
};

struct tick_view {
    int64_t tick_ns, duration_ns;
    size_t spend_count, budget_count, gauge_count, coverage_count, alert_count;
    struct spend_gauge *spend; /* of one span after the other */
    struct budget_gauge *budgets;
    struct policy_gauge *gauges;
    struct coverage_gauge *coverage;
    struct alert *alerts; /* copies */
    size_t alerts_by_state[4];
    int64_t alerts_refused;
    bool has_shadow; /* there are candidates: their alerts, of which nobody is told */
    size_t shadow_count, shadow_by_state[4];
    struct alert *shadow_alerts;
};

/* Held until released; NULL before the first tick. Any thread. */
struct tick_view *engine_tick_view(struct engine *e);
void engine_tick_view_release(struct tick_view *v); /* accepts NULL */

/* Adds it as metrics. */
void tick_view_expose(const struct tick_view *v, struct exposition *out);

/* Number of receivers; fills at most `max`. */
size_t engine_receivers(struct engine *e, struct receiver_stats *out, size_t max);
