/* Every rule and gauge for every group, then alert states; the gauges of coverage. What
 * reads a window that is filling waits, and its alert states stay. */
#include "evaluate_internal.h"

struct group_labels evaluate_group(const struct evaluation *e, int window,
                                   const struct window_group *group,
                                   struct pair out[WINDOW_BY_MAX])
{
    const struct window_decl *decl = &e->generation->windows[window];

    for (size_t i = 0; i < decl->by_count; i++) {
        struct str name = field_name(&e->generation->config->schema, decl->by[i]);
        out[i] = (struct pair){name, group->by[i]};
    }
    return (struct group_labels){decl->by_count, out};
}

/* --- rules --- */

static void annotate(const struct evaluation *e, size_t index,
                     const struct window_group *group, struct group_labels labels,
                     struct answer answer)
{
    const struct rule_decl *rule = &policy_decls(e->generation->policies)->rules[index];
    struct pair said[DECL_LABELS_MAX];
    size_t count;

    if (policy_annotate(e->policies, index, group, answer, e->arena, said, &count))
        rules_annotate(e->rules, rule, labels, answer, said, count);
}

/* False: the policy failed. `group` NULL: a rule over everything is asked although
 * nothing was spent. */
static bool observe_rule(const struct evaluation *e, size_t index,
                         const struct window_group *group)
{
    const struct rule_decl *rule = &policy_decls(e->generation->policies)->rules[index];
    struct group_labels labels = {0, NULL};
    struct pair pairs[WINDOW_BY_MAX];
    struct answer answer;

    if (!policy_rule(e->policies, index, group, &answer))
        return false;
    if (group)
        labels = evaluate_group(e, rule->window, group, pairs);
    if (rules_observe(e->rules, rule, labels, answer, group ? group->value : 0))
        annotate(e, index, group, labels, answer);
    return true;
}

static void run_rule(const struct evaluation *e, size_t index)
{
    const struct rule_decl *rule = &policy_decls(e->generation->policies)->rules[index];
    const struct window_sums *sums = &e->sums[rule->window];
    bool answered = !sums->filling;

    if (answered && sums->by_count == 0 && sums->group_count == 0)
        answered = observe_rule(e, index, NULL);
    for (size_t i = 0; i < sums->group_count; i++)
        answered &= observe_rule(e, index, &sums->groups[i]);
    if (!answered)
        rules_keep(e->rules, rule);
}

/* --- gauges --- */

static void set_gauge(const struct evaluation *e, size_t index,
                      const struct window_group *group)
{
    const struct gauge_decl *gauge =
        &policy_decls(e->generation->policies)->gauges[index];
    struct group_labels labels = {0, NULL};
    struct pair pairs[WINDOW_BY_MAX];
    double value;
    bool has;

    if (!policy_gauge(e->policies, index, group, &has, &value) || !has || !e->view)
        return;
    if (group)
        labels = evaluate_group(e, gauge->window, group, pairs);
    tick_view_gauge(e->view, gauge, labels, value);
}

static void run_gauge(const struct evaluation *e, size_t index)
{
    const struct gauge_decl *gauge =
        &policy_decls(e->generation->policies)->gauges[index];
    const struct window_sums *sums = &e->sums[gauge->window];

    if (sums->by_count == 0 && sums->group_count == 0 && !sums->filling)
        set_gauge(e, index, NULL);
    for (size_t i = 0; i < sums->group_count; i++)
        set_gauge(e, index, &sums->groups[i]);
}

void evaluate_rules(const struct evaluation *e)
{
    const struct decls *decls = policy_decls(e->generation->policies);

    if (e->standing)
        *e->standing = (struct standing){.until_ns = INT64_MAX};
    rules_begin(e->rules, e->at_ns);
    policy_tick_begin(e->policies, e->sums);
    for (size_t i = 0; i < decls->rule_count; i++)
        run_rule(e, i);
    for (size_t i = 0; i < decls->budget_count; i++)
        evaluate_budget(e, i);
    if (e->standing)
        evaluate_stands(e->standing, policy_tick_stands(e->policies));
    for (size_t i = 0; i < decls->gauge_count; i++)
        run_gauge(e, i);
    policy_tick_end(e->policies);
    evaluate_disabled(e);
    evaluate_capture(e);
    rules_end(e->rules);
}

static void view_coverage(const struct evaluation *e)
{
    const struct generation *g = e->generation;
    const struct metrics_options *metrics = &g->config->metrics;

    for (size_t span = 0; span < COVERAGE_SPAN_COUNT; span++) {
        const struct window_sums *all = &e->sums[generation_coverage_window(g, span, -1)];
        for (size_t label = 0; label < metrics->coverage_count; label++)
            tick_view_coverage(e->view,
                               field_name(&g->config->schema, metrics->coverage[label]),
                               coverage_spans[span].name, all,
                               &e->sums[generation_coverage_window(g, span, (int)label)]);
    }
}

void evaluate_views(const struct evaluation *e)
{
    view_coverage(e);
    for (size_t span = 0; span < SPEND_SPAN_COUNT; span++)
        tick_view_spend(e->view, spend_spans[span].name,
                        &e->sums[generation_spend_window(e->generation, span)]);
}
