/* What a tick brings to the alert states: for each group of each rule and budget what was
 * seen of it. Between rules_begin and rules_end. */
#pragma once
#include "spendwarden/outlook.h"
#include "spendwarden/rules.h"

/* What a rule's function answered for one group. */
enum answer_kind { ANSWER_FALSE, ANSWER_TRUE, ANSWER_NUMBER };

struct answer {
    enum answer_kind kind;
    double number;
};

/* The labels of a group; empty ones are left out of its alerts. Borrowed for the call. */
struct group_labels {
    size_t count;
    const struct pair *pairs;
};

/* `window_value`: of the rule's own window, in USD or events, for `min`.
 * A number is true when > above, < below, >= a step's `at`; once true it stays so while
 * >= clear (<= clear under `below`). Of two observations that give one set of labels in
 * one tick, the first counts. True: the rule makes its annotations by a function, and an
 * alert of this group has begun to be pending or firing: rules_annotate is to follow. */
bool rules_observe(struct rules *r, const struct rule_decl *rule,
                   struct group_labels group, struct answer answer, double window_value);

/* What that function said, for as long as the state lasts. Copies. */
void rules_annotate(struct rules *r, const struct rule_decl *rule,
                    struct group_labels group, struct answer answer,
                    const struct pair *annotations, size_t count);

/* What a budget's group has spent of its limit. A calendar period that is over alerts
 * nobody; a new one resolves the old one's alerts before its own may start. A rolling
 * budget has no period: both times are 0. */
struct spending {
    double spent_usd, limit_usd;
    int64_t period_start_ns, period_end_ns;
    bool partial; /* the period was not seen from its start: more may have been spent */
};

/* Spent / limit; of a limit of 0, which the first cent uses up, 1 then and 0 before. */
double spending_used(double spent_usd, double limit_usd);

/* That against the budget's steps. */
void rules_observe_budget(struct rules *r, const struct budget_decl *budget,
                          struct group_labels group, const struct spending *spending);

/* Times the even rate over a period of `period_ns` at which the two windows of
 * budget->burns[which] were spent: "<alert>Burn" while both are above its factor, which
 * is meant for 30 days and scaled to the period. */
void rules_observe_burn(struct rules *r, const struct budget_decl *budget, size_t which,
                        struct group_labels group, const struct spending *spending,
                        int64_t period_ns, double long_rate, double short_rate);

/* "<alert>Forecast" while it is above budget->forecast limits; falls once it is below
 * rules_forecast_clear, which is 5% less. */
double rules_forecast_clear(const struct budget_decl *budget);
void rules_observe_forecast(struct rules *r, const struct budget_decl *budget,
                            struct group_labels group, const struct spending *spending,
                            const struct outlook *outlook);
