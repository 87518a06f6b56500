/* Alert states: what a rule's value means over time. Knows no Lua and no windows: the
 * tick brings each group's value here. One thread. */
#pragma once
#include "spendwarden/buf.h"
#include "spendwarden/decls.h"
#include "spendwarden/err.h"
#include "spendwarden/record.h"

enum alert_state { ALERT_INACTIVE, ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };

/* "inactive", "pending", "firing", "resolved" */
struct str alert_state_name(enum alert_state state);

enum { ALERT_LABELS_MAX = 21, ALERT_ANNOTATIONS_MAX = 20 };

struct alert {
    enum alert_state state;
    bool changed; /* of rules_due: it was never sent in this state */
    struct str policy, rule;
    size_t label_count, annotation_count;
    const struct pair *labels; /* sorted by name; alertname, severity, step, group labels
                                  that are present, ... Their set is the identity */
    const struct pair *annotations;             /* value, threshold, summary, ... */
    uint64_t fingerprint;                       /* as Alertmanager counts it */
    double value;                               /* last seen while the condition held */
    int64_t pending_ns, starts_ns, resolved_ns; /* 0: not yet */
    int64_t told_ns; /* of rules_due: when it was due before; 0: never */
};

struct rules; /* all instances of all rules and budgets */

struct rules_options {
    size_t max_alerts;   /* instances; more are refused and counted */
    int64_t resend_ns;   /* 1 min */
    int64_t resolved_ns; /* how long resolved ones are sent again: 15 min */
    int64_t gap_ns; /* a longer time between two ticks pauses pending: engine was down */
};

bool rules_open(struct rules **out, const struct rules_options *options, struct err *err);
void rules_close(struct rules *r);

/* The options from now on, between two ticks: a reload may change them. */
void rules_follow(struct rules *r, const struct rules_options *options);

/* One tick: begin, observe every group of every rule (rules_observe.h), end. Times never
 * go back. */
void rules_begin(struct rules *r, int64_t tick_ns);

/* Rules and budgets that failed to evaluate at this tick, for some group or all, keep the
 * states of the groups that are not observed. */
void rules_keep(struct rules *r, const struct rule_decl *rule);
void rules_keep_budget(struct rules *r, const struct budget_decl *budget);

/* What was not observed is over. */
void rules_end(struct rules *r);

/* --- ticks that are left out --- */

/* From when on a tick that observes what the last one did changes a state. INT64_MAX:
 * none does. */
int64_t rules_next_change(const struct rules *r);

/* As if ticks until then, and one at `until_ns`, had observed what the last one did. It
 * lies before rules_next_change. */
void rules_stand(struct rules *r, int64_t until_ns);

/* --- what came of it; valid until the next rules_begin --- */

struct alert_change {
    enum alert_state from, to;
    const struct alert *alert; /* as it is after the tick */
};

size_t rules_changes(const struct rules *r, const struct alert_change **out);

/* Pending and firing ones, and those resolved lately. */
size_t rules_alerts(const struct rules *r, const struct alert **out);

/* Those that must be sent now: changed, or sent longest ago than resend, or another step
 * of one that changed; marks them as sent at this tick. */
size_t rules_due(struct rules *r, const struct alert **out);

/* All that rules_due gave so far has reached its receivers: a restart need not repeat it.
 */
void rules_delivered(struct rules *r);

/* Number of instances per state, and how many times one was refused. */
void rules_count(const struct rules *r, size_t by_state[4], int64_t *refused);

/* Whether a restart would lose something: a state, a time that counts up, or that a
 * changed alert was delivered since. */
bool rules_unsaved(const struct rules *r);

/* Everything that a restart must not lose, as one JSON object. */
void rules_save(const struct rules *r, struct buf *out);

/* What rules_save gave is durable, and nothing happened since. */
void rules_saved(struct rules *r);

/* Into freshly opened rules. On failure they are empty and *err says why. */
bool rules_load(struct rules *r, struct str state, struct err *err);

uint64_t alert_fingerprint(const struct pair *sorted_labels, size_t count);
