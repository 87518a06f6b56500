/* A generation's policies at a tick: rules, budgets, gauges, of one group of a window
 * each. What fails is counted and logged. */
#pragma once
#include "spendwarden/policy.h"
#include "spendwarden/rules_observe.h"
#include "spendwarden/window.h"

/* The sums of decls.windows, by index, for w:get and the like. Borrowed until the end. */
void policy_tick_begin(struct policy_vm *vm, const struct window_sums *sums);

/* The rule's answer for one group of its window. `group` NULL: no events yet, which is
 * the one group of a rule whose window has no `by`. False: it failed, which is counted
 * and logged, or it read a window that is filling, and has no answer yet. */
bool policy_rule(struct policy_vm *vm, size_t rule, const struct window_group *group,
                 struct answer *out);

/* *has: there is a budget for this group. *limit is 0 or more. `group` may be one of the
 * declared groups that has no spend yet. */
bool policy_budget(struct policy_vm *vm, size_t budget, const struct window_group *group,
                   bool *has, struct money *limit);

/* *has: there is a value for this group; it is finite. */
bool policy_gauge(struct policy_vm *vm, size_t gauge, const struct window_group *group,
                  bool *has, double *value);

/* What the annotations' function of a rule says of a group whose answer was `answer`: at
 * most DECL_LABELS_MAX pairs, in the arena. */
bool policy_annotate(struct policy_vm *vm, size_t rule, const struct window_group *group,
                     struct answer answer, struct arena *arena, struct pair *out,
                     size_t *count);

/* From when on, though the sums are the same, an answer since policy_tick_begin may be
 * another: it asked how old or how long. INT64_MAX: never; 0: at the next tick, for one
 * failed. */
int64_t policy_tick_stands(const struct policy_vm *vm);

void policy_tick_end(struct policy_vm *vm);

/* Of the tick that has ended. */
void policy_tick_marks(const struct policy_vm *vm, struct policy_marks *out);
