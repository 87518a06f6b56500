/* Every rule and budget for every group, then alert states; the gauges of coverage. What
 * reads a window that is filling waits, and its alert states stay. */
#include "evaluate.h"

static size_t group_labels(const struct evaluation *e, int window,
                           const struct window_group *group, struct pair *out)
{
    const struct window_decl *decl = &e->generation->windows[window];

    for (size_t i = 0; i < decl->by_count; i++) {
        struct str name = field_name(&e->generation->config->schema, decl->by[i]);
        out[i] = (struct pair){name, group->by[i]};
    }
    return decl->by_count;
}

/* A rule over everything is asked although nothing was spent. */
static bool observe_empty(const struct evaluation *e, size_t index)
{
    const struct rule_decl *rule = &policy_decls(e->generation->policies)->rules[index];
    struct answer answer;
    bool answered = policy_rule(e->policies, index, NULL, &answer);

    if (answered)
        rules_observe(e->rules, rule, NULL, 0, answer, 0);
    return answered;
}

static void run_rule(const struct evaluation *e, size_t index)
{
    const struct rule_decl *rule = &policy_decls(e->generation->policies)->rules[index];
    const struct window_sums *sums = &e->sums[rule->window];
    struct pair labels[WINDOW_BY_MAX];
    struct answer answer;
    bool answered = !sums->filling;

    if (answered && sums->by_count == 0 && sums->group_count == 0)
        answered = observe_empty(e, index);
    for (size_t i = 0; i < sums->group_count; i++) {
        const struct window_group *group = &sums->groups[i];
        if (!policy_rule(e->policies, index, group, &answer)) {
            answered = false;
            continue;
        }
        size_t count = group_labels(e, rule->window, group, labels);
        rules_observe(e->rules, rule, labels, count, answer, group->value);
    }
    if (!answered)
        rules_keep(e->rules, rule);
}

/* False: the policy failed. */
static bool observe_budget(const struct evaluation *e, size_t index,
                           const struct window_group *group)
{
    const struct budget_decl *budget =
        &policy_decls(e->generation->policies)->budgets[index];
    const struct window_sums *sums = &e->sums[budget->window];
    struct pair labels[WINDOW_BY_MAX];
    struct money limit;
    bool has;

    if (!policy_budget(e->policies, index, group, &has, &limit))
        return false;
    if (!has)
        return true;
    size_t count = group_labels(e, budget->window, group, labels);
    rules_observe_budget(e->rules, budget, labels, count,
                         money_to_double((struct money){group->sum}),
                         money_to_double(limit), sums->start_ns, sums->end_ns);
    if (e->view)
        tick_view_budget(e->view, budget, labels, count, limit,
                         (struct money){group->sum}, sums, e->at_ns);
    return true;
}

static void run_budget(const struct evaluation *e, size_t index)
{
    const struct budget_decl *budget =
        &policy_decls(e->generation->policies)->budgets[index];
    const struct window_sums *sums = &e->sums[budget->window];
    size_t declared = sums->by_count == 1 && !sums->filling ? budget->group_count : 0;
    bool answered = !sums->filling;

    for (size_t i = 0; i < sums->group_count; i++)
        answered &= observe_budget(e, index, &sums->groups[i]);
    /* Budgets of groups that have spent nothing yet are there all the same. */
    for (size_t i = 0; i < declared; i++) {
        struct window_group empty = {.by = &budget->groups[i]};
        if (!window_sums_find(sums, empty.by))
            answered &= observe_budget(e, index, &empty);
    }
    if (!answered)
        rules_keep_budget(e->rules, budget);
}

void evaluate_rules(const struct evaluation *e)
{
    const struct decls *decls = policy_decls(e->generation->policies);

    rules_begin(e->rules, e->at_ns);
    policy_tick_begin(e->policies, e->sums);
    for (size_t i = 0; i < decls->rule_count; i++)
        run_rule(e, i);
    for (size_t i = 0; i < decls->budget_count; i++)
        run_budget(e, i);
    policy_tick_end(e->policies);
    rules_end(e->rules);
}

void evaluate_coverage(const struct evaluation *e)
{
    const struct generation *g = e->generation;
    const struct metrics_options *metrics = &g->config->metrics;

    for (size_t span = 0; span < COVERAGE_SPAN_COUNT; span++) {
        const struct window_sums *all = &e->sums[generation_coverage_window(g, span, -1)];
        tick_view_spend(e->view, span, all);
        for (size_t label = 0; label < metrics->coverage_count; label++)
            tick_view_coverage(e->view,
                               field_name(&g->config->schema, metrics->coverage[label]),
                               coverage_spans[span].name, all,
                               &e->sums[generation_coverage_window(g, span, (int)label)]);
    }
}
