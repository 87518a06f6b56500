/* Candidates beside the policies that decide (policies.shadow): every event is decided
 * again on a copy, rules and budgets are evaluated again, and what would be otherwise is
 * counted. The record that is booked gets their effects, under names of their own, and
 * nothing else; nobody is alerted. */
#pragma once
#include "spendwarden/generation.h"

/* Loads the candidates that the generation's configuration names into g->shadow; `like`:
 * the options of its policies. */
bool shadow_load(struct generation *g, const struct policy_options *like,
                 struct diags *diags);
void shadow_unload(struct generation *g); /* what is left when g->shadow is released */

/* --- what would be otherwise; any thread --- */

enum shadow_change {
    SHADOW_CLASS = LABEL_COUNT, /* below: a label, from TEXT_LABEL_FIRST */
    SHADOW_CHARGE,
    SHADOW_BILLED,
    SHADOW_CHANGES
};

/* Since the generation was loaded; of events that were booked. */
struct shadow_counts {
    int64_t events[BESIDE_SKIPPED + 1];   /* by what became of them */
    int64_t changed[SHADOW_CHANGES];      /* events that would have another */
    int64_t changed_nano[SHADOW_CHANGES]; /* their charge as booked */
    int64_t charge_nano, would_nano;      /* of all that were decided: booked; else */
};

void shadow_note_record(struct generation *g, const struct record *r);
void shadow_counts(const struct generation *g, struct shadow_counts *out);
struct str shadow_change_name(const struct generation *g, size_t change);

/* How often an alert of a rule or, behind those, a budget of the candidates' decls began
 * to fire. */
void shadow_note_fired(struct generation *g, const struct alert *alert);
int64_t shadow_fired(const struct generation *g, size_t i);
size_t shadow_alert_count(const struct generation *g);

/* A candidate that only fails is not asked any more: events in a row in the order of
 * this process, since nothing that is booked depends on it. */
void shadow_note_event(struct generation *g, const struct policy_marks *marks);
void shadow_note_tick(struct generation *g, const struct policy_marks *marks);

/* --- a share of a thread's time --- */

/* A fifth at most, in the long run: a candidate that is slow is left out of some events
 * or ticks. */
struct time_share {
    int64_t owed_ns, at_ns;
};

bool time_share_begin(struct time_share *t); /* false: not now */
void time_share_end(struct time_share *t);

/* --- one thread's state --- */

struct shadow;

/* Of g->shadow. Borrows the generation. */
bool shadow_open(struct shadow **out, struct generation *g, struct err *err);
void shadow_close(struct shadow *s); /* accepts NULL */

/* Before the record's own policies run, and after: what would have become of it is then
 * in r->beside, and the candidates' effects behind its own. */
void shadow_begin(struct shadow *s, const struct record *r);
void shadow_end(struct shadow *s, struct record *r, struct arena *arena);
