/* What a tick found, for those who look between ticks: filled by one thread, then shared
 * and immutable until its last holder drops it. */
#pragma once
#include "spendwarden/engine.h"
#include "spendwarden/rules_observe.h"

struct tick_view_box;

struct tick_view_box *tick_view_new(void); /* one reference; NULL: no memory */

/* Of a budget's group. Borrowed for the call. */
struct budget_view {
    const struct budget_decl *budget;
    struct group_labels labels;
    const struct window_sums *sums; /* the window of what was spent */
    struct money limit, spent;
    const struct outlook *outlook;
};

void tick_view_budget(struct tick_view_box *v, const struct budget_view *b);

/* Of a policy's gauge, for one group. */
void tick_view_gauge(struct tick_view_box *v, const struct gauge_decl *gauge,
                     struct group_labels labels, double value);

/* What was spent over `window` by team and workflow; nothing while it is filling. Beyond
 * a bound of samples the smallest are one, "__other__". */
void tick_view_spend(struct tick_view_box *v, struct str window,
                     const struct window_sums *by_pair);

/* Of one label over one span, by source and over all, in spend and in requests; nothing
 * where there was none. */
void tick_view_coverage(struct tick_view_box *v, struct str label, struct str window,
                        const struct window_sums *all, const struct window_sums *known);

/* All that there are; of candidates. Deep copies. */
void tick_view_alerts(struct tick_view_box *v, const struct rules *rules);
void tick_view_shadow(struct tick_view_box *v, const struct rules *rules);

void tick_view_done(struct tick_view_box *v, int64_t tick_ns, int64_t duration_ns);

struct tick_view *tick_view_hold(struct tick_view_box *v); /* NULL for NULL */
void tick_view_drop(struct tick_view_box *v);              /* accepts NULL */
